@0x971c8d8cb1989c8e;

# Between an app and its node.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

using Common = import "common.capnp";
using Friend = import "friend.capnp";
using Index = import "index.capnp";
using Report = import "report.capnp";

struct UserRequestSendFunds {
  requestId @0 :Common.Uid;  # Unused by v0.1.11
  route @1 :Friend.FriendsRoute;
  invoiceId @2 :Common.InvoiceId;
  destPayment @3 :Common.CustomUInt128;
}

struct ResponseReceived {
  requestId @0 :Common.Uid;  # Unused by v0.1.11
  result :union {
    success @1 :Common.Receipt;
    failure @2 :Common.PublicKey;
  }
}

struct ReceiptAck {
  requestId @0 :Common.Uid;  # Id
  receiptSignature @1 :Common.Signature;  # Not part of any top-level message
}

struct AddFriend {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  relays @1 :List(Common.RelayAddress);  # Friend's relays
  name @2 :Text;  # Local label
}

struct SetFriendName {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  name @1 :Text;  # New label
}

struct SetFriendRelays {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  relays @1 :List(Common.RelayAddress);  # New list of the friend's relays
}

struct OpenFriendCurrency {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency
}

struct CloseFriendCurrency {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency
}

struct SetFriendCurrencyMaxDebt {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency
  remoteMaxDebt @2 :Common.CustomUInt128;  # Credit limit given to the friend
}

struct SetFriendCurrencyRate {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency
  rate @2 :Common.Rate;  # Forwarding rate
}

struct RemoveFriendCurrency {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency
}

struct ResetFriendChannel {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  resetToken @1 :Common.Signature;  # Reset token of the remote terms accepted
}

struct ResponseRoutesResult {
  union {
    success @0 :List(Index.MultiRoute);  # Routes found (may be empty)
    failure @1 :Void;  # The query could not be answered
  }
}

struct ClientResponseRoutes {
  requestId @0 :Common.Uid;  # RequestId of the RequestRoutes
  result @1 :ResponseRoutesResult;  # Outcome
}

struct CreatePayment {
  paymentId @0 :Common.PaymentId;  # Random id chosen by the app
  invoiceId @1 :Common.InvoiceId;  # Invoice to pay
  currency @2 :Common.Currency;  # Currency
  totalDestPayment @3 :Common.CustomUInt128;  # Amount to pay in total
  destPublicKey @4 :Common.PublicKey;  # Seller
}

struct CreateTransaction {
  paymentId @0 :Common.PaymentId;  # Payment it belongs to
  requestId @1 :Common.Uid;  # Random id chosen by the app
  route @2 :Friend.FriendsRoute;  # Full route, local node first
  destPayment @3 :Common.CustomUInt128;  # Amount for the seller
  fees @4 :Common.CustomUInt128;  # Fees to attach
}

struct AckClosePayment {
  paymentId @0 :Common.PaymentId;  # Payment
  ackUid @1 :Common.Uid;  # Uid given in the payment status
}

struct AddInvoice {
  invoiceId @0 :Common.InvoiceId;  # Random id
  currency @1 :Common.Currency;  # Currency
  totalDestPayment @2 :Common.CustomUInt128;  # Amount expected
}

struct AppPermissions {
  routes @0 :Bool;  # May request routes
  buyer @1 :Bool;  # May pay
  seller @2 :Bool;  # May receive
  config @3 :Bool;  # May configure
}

struct ReportMutations {
  optAppRequestId :union {
    appRequestId @0 :Common.Uid;  # Request that caused the change
    empty @1 :Void;  # Not caused by an app request
  }
  mutations @2 :List(Report.NodeReportMutation);  # Changes to apply in order (may be empty: acknowledgement only)
}

struct RequestResult {
  union {
    complete @0 :Common.Commit;  # Accepted, and the payment can be committed
    success @1 :Void;  # Accepted, more is needed
    failure @2 :Void;  # Refused or cancelled
  }
}

struct TransactionResult {
  requestId @0 :Common.Uid;  # RequestId of the CreateTransaction
  result @1 :RequestResult;  # Outcome
}

struct PaymentStatusSuccess {
  receipt @0 :Common.Receipt;  # Proof of payment
  ackUid @1 :Common.Uid;  # Uid to acknowledge
}

struct PaymentStatus {
  union {
    paymentNotFound @0 :Void;  # Unknown payment
    success @1 :PaymentStatusSuccess;  # Paid
    canceled @2 :Common.Uid;  # Failed; value = uid to acknowledge
  }
}

struct ResponseClosePayment {
  paymentId @0 :Common.PaymentId;  # Payment
  status @1 :PaymentStatus;  # Final status
}

struct AppServerToApp {
  union {
    transactionResult @0 :TransactionResult;  # Answer to createTransaction
    responseClosePayment @1 :ResponseClosePayment;  # Answer to requestClosePayment
    reportMutations @2 :ReportMutations;  # Node report changes, also the acknowledgement of requests
    responseRoutes @3 :ClientResponseRoutes;  # Answer to requestRoutes
  }
}

struct AppRequest {
  union {
    addRelay @0 :Common.NamedRelayAddress;  # Config; use a relay
    removeRelay @1 :Common.PublicKey;  # Config; stop using this relay
    createPayment @2 :CreatePayment;  # Buyer
    createTransaction @3 :CreateTransaction;  # Buyer
    requestClosePayment @4 :Common.PaymentId;  # Buyer
    ackClosePayment @5 :AckClosePayment;  # Buyer
    addInvoice @6 :AddInvoice;  # Seller
    cancelInvoice @7 :Common.InvoiceId;  # Seller
    commitInvoice @8 :Common.Commit;  # Seller
    addFriend @9 :AddFriend;  # Config
    setFriendRelays @10 :SetFriendRelays;  # Config
    setFriendName @11 :SetFriendName;  # Config
    removeFriend @12 :Common.PublicKey;  # Config
    enableFriend @13 :Common.PublicKey;  # Config
    disableFriend @14 :Common.PublicKey;  # Config
    openFriendCurrency @15 :OpenFriendCurrency;  # Config; accept forwarding requests
    closeFriendCurrency @16 :CloseFriendCurrency;  # Config; refuse forwarding requests
    setFriendCurrencyMaxDebt @17 :SetFriendCurrencyMaxDebt;  # Config
    setFriendCurrencyRate @18 :SetFriendCurrencyRate;  # Config
    removeFriendCurrency @19 :RemoveFriendCurrency;  # Config
    resetFriendChannel @20 :ResetFriendChannel;  # Config; accept the friend's reset terms
    requestRoutes @21 :Index.RequestRoutes;  # Routes
    addIndexServer @22 :Common.NamedIndexServerAddress;  # Config
    removeIndexServer @23 :Common.PublicKey;  # Config
  }
}

struct AppToAppServer {
  appRequestId @0 :Common.Uid;  # Random id chosen by the app
  appRequest @1 :AppRequest;  # The request
}

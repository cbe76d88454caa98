@0xf9425f54e6c0c3a2;

# Between two friends: tokens, operations and reset terms.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

using Common = import "common.capnp";

struct CurrencyOperations {
  currency @0 :Common.Currency;  # Currency the operations apply to
  operations @1 :List(FriendTcOp);  # Operations in the order to apply
}

struct MoveToken {
  oldToken @0 :Common.Signature;  # NewToken of the message being answered
  currenciesOperations @1 :List(CurrencyOperations);  # Batches, one entry per currency
  optLocalRelays :union {
    empty @2 :Void;  # No change
    relays @3 :List(Common.RelayAddress);  # Full new list of the sender's relays
  }
  optActiveCurrencies :union {
    empty @4 :Void;  # No change
    currencies @5 :List(Common.Currency);  # Full new list of currencies active at the sender
  }
  infoHash @6 :Common.HashResult;  # H(TokenInfo) after applying this message, seen from the sender
  randNonce @7 :Common.RandValue;  # Fresh random value
  newToken @8 :Common.Signature;  # Sender's signature (section 5.3)
}

struct MoveTokenRequest {
  moveToken @0 :MoveToken;  # The message
  tokenWanted @1 :Bool;  # Sender asks to get the token back
}

struct CurrencyBalance {
  currency @0 :Common.Currency;  # Currency name
  balance @1 :Common.CustomInt128;  # Balance seen from the side that states it
}

struct ResetTerms {
  resetToken @0 :Common.Signature;  # 64 random bytes, not a signature
  inconsistencyCounter @1 :UInt64;  # Counter to use after the reset
  balanceForReset @2 :List(CurrencyBalance);  # Balances proposed, sorted by currency
}

struct FriendMessage {
  union {
    moveTokenRequest @0 :MoveTokenRequest;  # Regular token passing
    inconsistencyError @1 :ResetTerms;  # Reset terms of the sender
  }
}

struct FriendsRoute {
  publicKeys @0 :List(Common.PublicKey);  # Nodes from source to destination
}

struct RequestSendFundsOp {
  requestId @0 :Common.Uid;  # Id of the request along the whole route
  srcHashedLock @1 :Common.HashedLock;  # Buyer's hashed lock
  route @2 :FriendsRoute;  # Nodes that follow the receiver of this message (empty at the destination)
  destPayment @3 :Common.CustomUInt128;  # Amount for the destination
  totalDestPayment @4 :Common.CustomUInt128;  # Whole invoice amount
  invoiceId @5 :Common.InvoiceId;  # Invoice to pay
  leftFees @6 :Common.CustomUInt128;  # Fees still available for mediators
}

struct ResponseSendFundsOp {
  requestId @0 :Common.Uid;  # Id of the answered request
  destHashedLock @1 :Common.HashedLock;  # Seller's hashed lock
  isComplete @2 :Bool;  # Seller now holds all requests it needs
  randNonce @3 :Common.RandValue;  # Fresh nonce of the seller
  signature @4 :Common.Signature;  # Seller's signature (section 5.4)
}

struct CancelSendFundsOp {
  requestId @0 :Common.Uid;  # Id of the cancelled request
}

struct CollectSendFundsOp {
  requestId @0 :Common.Uid;  # Id of the collected request
  srcPlainLock @1 :Common.PlainLock;  # Buyer's preimage
  destPlainLock @2 :Common.PlainLock;  # Seller's preimage
}

struct FriendTcOp {
  union {
    requestSendFunds @0 :RequestSendFundsOp;  # Request
    responseSendFunds @1 :ResponseSendFundsOp;  # Response
    cancelSendFunds @2 :CancelSendFundsOp;  # Cancel
    collectSendFunds @3 :CollectSendFundsOp;  # Collect
  }
}

@0xb7e3d94a6c1f8052;

# What the texts of wallets hold, one root for each kind (docs/protocol/07-texts.md). None of it is on the wire of
# version 0.1.11. Fields may be added at the end of a struct; a commit and a receipt are those of common.capnp.

using Common = import "common.capnp";

struct MailboxAddress {
  mailbox @0 :Common.PublicKey;  # Key at which the wallet is called
  relays @1 :List(Common.RelayAddress);  # 1 to 4 relays where it listens
  label @2 :Text;  # As its owner calls it; at most 32 bytes
}

struct PaymentRequest {
  payTo @0 :MailboxAddress;  # Whom to ask for an invoice
  requestId @1 :Common.Uid;  # What the owner knows it by
  note @2 :Text;  # What it is for, as the owner says; at most 256 bytes
  validUntil @3 :UInt64;  # Unix time in seconds; 0: always
  optCurrency :union {
    empty @4 :Void;  # Told when asked
    currency @5 :Common.Currency;
  }
  optDecimals :union {
    empty @6 :Void;
    decimals @7 :UInt8;  # How many digits of the amount stand behind the point
  }
  optAmount :union {
    empty @8 :Void;  # The payer chooses
    amount @9 :Common.CustomUInt128;
  }
}

struct InvoiceOrigin {
  address @0 :MailboxAddress;  # Who signs
  requestId @1 :Common.Uid;  # The request that it answers; zeros if none
  issued @2 :UInt64;  # Unix time in milliseconds
  payWithin @3 :UInt32;  # Milliseconds from then on
  signature @4 :Common.Signature;  # By the key of the mailbox
}

struct InvoiceText {
  invoiceId @0 :Common.InvoiceId;
  currency @1 :Common.Currency;
  destPublicKey @2 :Common.PublicKey;  # The node that is paid
  destPayment @3 :Common.CustomUInt128;  # Whole credits
  note @4 :Text;  # What it is for, as the seller says; at most 256 bytes
  optDecimals :union {
    empty @5 :Void;  # Not said, as in a file of 0.1.11
    decimals @6 :UInt8;  # How many digits of the amount stand behind the point
  }
  optOrigin :union {
    empty @7 :Void;  # Nobody signs it
    origin @8 :InvoiceOrigin;
  }
}

struct FriendCard {
  publicKey @0 :Common.PublicKey;  # A node
  relays @1 :List(Common.RelayAddress);  # Where it listens
}

struct ServerTicket {
  publicKey @0 :Common.PublicKey;  # A relay or an index server
  address @1 :Common.NetAddress;  # Where it listens
}

struct Seed {
  inner @0 :Common.Buffer256;  # Private key, 32 B
}

struct RemoteCard {
  nodePublicKey @0 :Common.PublicKey;
  nodeAddress @1 :Common.NetAddress;  # Where the node takes apps
  appPrivateKey @2 :Seed;  # Of the app that the node trusts: a secret
}

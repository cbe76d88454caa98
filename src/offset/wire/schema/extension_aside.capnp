@0x9c41d7e60b8a52f3;

# Asides: what friends say beside the token (docs/WIRE.md). A third kind of FriendMessage, which a program that does
# not know it drops while the line stays (01-wire.md, 2.7). Apart from extension_friend.capnp, since few messages are
# asides. Ordinals fix the layout; those that say "not used yet" are kept for what is designed, and are dropped, too.

using Common = import "common.capnp";
using Report = import "report.capnp";
using Friend = import "friend.capnp";
using Extension = import "extension.capnp";
using ExtensionFriend = import "extension_friend.capnp";

# It begins like the FriendMessage of 0.1.11 with our fields, so each reads what the other one does not.
struct AsideMessage {
  union {
    moveTokenRequest @0 :ExtensionFriend.MoveTokenRequest;
    inconsistencyError @1 :Friend.ResetTerms;
    aside @2 :Aside;
  }
}

struct Aside {
  union {
    hello @0 :Hello;  # First on every line, and once
    handover @1 :Handover;  # What the receiver has signed, and all that belongs to it
    keep @2 :Data;  # Not used yet: a sealed kit to keep
    kept @3 :Data;  # Not used yet: the proof that it is kept
    fetch @4 :Void;  # Not used yet: the kit back, please
    kit @5 :Data;  # Not used yet: here it is
    share @6 :Data;  # Not used yet: a share of a key
    rehearse @7 :Data;  # Not used yet: whether the share is there
    rehearsed @8 :Data;  # Not used yet: that it is
    notice @9 :Notice;  # For people
    revocation @10 :Revocation;  # A key must not be trusted any more
  }
}

struct Hello {
  version @0 :UInt16;  # Of asides: 1
  features @1 :UInt64;  # What the sender does with them; bit 0: it hands over
  inconsistencyCounter @2 :UInt64;  # Of the newest move token that the sender knows in this channel
  moveTokenCounter @3 :Common.CustomUInt128;  # The same
  newest @4 :Data;  # First 16 bytes of its newToken; none while the ledgers disagree
  keptNonce @5 :Data;  # Not used yet
}

struct HandedRequest {
  request @0 :Friend.RequestSendFundsOp;
  optResponse :union {
    empty @1 :Void;  # Not promised
    response @2 :Friend.ResponseSendFundsOp;  # The seller's promise
  }
}

struct HandedCredit {
  currency @0 :Common.Currency;
  balance @1 :Common.CustomInt128;  # As the sender sees it
  asked @2 :List(HandedRequest);  # Requests of the sender under way, by their ids
  taken @3 :List(HandedRequest);  # Requests of the receiver under way, by their ids
}

struct KeptCollect {
  currency @0 :Common.Currency;
  collect @1 :Friend.CollectSendFundsOp;  # That the sender made to the receiver
  optResponse :union {
    empty @2 :Void;
    response @3 :Friend.ResponseSendFundsOp;  # The promise that it opened
  }
}

struct Handover {
  incoming @0 :Report.MoveTokenHashedReport;  # The last move token of the receiver that the sender took
  outgoing @1 :Friend.MoveToken;  # The sender's own last one, which follows it
  localCurrencies @2 :List(Common.Currency);  # As the sender announced them
  remoteCurrencies @3 :List(Common.Currency);  # As the receiver announced them
  credits @4 :List(HandedCredit);  # Active currencies, sorted
  collects @5 :List(KeptCollect);  # The last ones that the sender made, the oldest first
  relays @6 :List(Common.RelayAddress);  # Where the sender can be found
  creditLines @7 :List(Extension.CreditLine);  # That the receiver granted to the sender: advice
}

struct Notice {
  kind @0 :UInt16;  # 1: what is to be handed over does not fit into one message; 2: there is nothing to hand over
  amount @1 :UInt64;  # For 1: how many requests are under way
}

struct Revocation {
  publicKey @0 :Common.PublicKey;  # Whose
  signature @1 :Common.Signature;  # By that very key
}

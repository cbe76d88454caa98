@0xe3b85f0c96d1a247;

# The messages between friends, with our fields (extension.capnp). They are apart because they alone need friend.capnp:
# an app starts without it.

using Extension = import "extension.capnp";
using Friend = import "friend.capnp";

struct MoveTokenRequest {
  moveToken @0 :Friend.MoveToken;
  tokenWanted @1 :Bool;
  optCreditLines :union {
    empty @2 :Void;  # Not told
    creditLines @3 :List(Extension.CreditLine);  # All lines the sender grants to the receiver; unsigned, advisory
  }
}

struct FriendMessage {
  union {
    moveTokenRequest @0 :MoveTokenRequest;
    inconsistencyError @1 :Friend.ResetTerms;
  }
}

@0xd1c0f1a2b3e4957d;

# All that Offset adds to the wire of version 0.1.11: last fields, which an old peer does not read (docs/WIRE.md).
# A struct with the name of one of 0.1.11 begins exactly like it, so that each reads the other. It is written only
# when its last field holds something; else the bytes are those of 0.1.11. The message that carries ReportMutations to
# an app is in extension_app.capnp.

using Common = import "common.capnp";
using Friend = import "friend.capnp";
using Report = import "report.capnp";

# Between friends

struct CreditLine {
  currency @0 :Common.Currency;  # Currency
  maxDebt @1 :Common.CustomUInt128;  # The most the receiver may owe the sender
  isOpen @2 :Bool;  # Whether the sender passes on requests of the receiver
}

struct MoveTokenRequest {
  moveToken @0 :Friend.MoveToken;
  tokenWanted @1 :Bool;
  optCreditLines :union {
    empty @2 :Void;  # Not told
    creditLines @3 :List(CreditLine);  # All lines the sender grants to the receiver; unsigned, advisory
  }
}

struct FriendMessage {
  union {
    moveTokenRequest @0 :MoveTokenRequest;
    inconsistencyError @1 :Friend.ResetTerms;
  }
}

# Between node and app

struct FriendCreditLines {
  friendPublicKey @0 :Common.PublicKey;  # Who grants them
  creditLines @1 :List(CreditLine);  # As the friend told them last
}

struct RelayState {
  union {
    connecting @0 :Void;  # On the way, or not long enough there to be sure
    listening @1 :Void;  # Friends can reach the node there
    waiting @2 :UInt64;  # The last attempt failed; the next one comes at this time
  }
}

struct RelayStatus {
  relay @0 :Common.RelayAddress;  # Where the node listens, or tries to
  isOwn @1 :Bool;  # Whether it is one of the node's relays; else it is kept for friends that may know no newer one
  state @2 :RelayState;  # State of the line
  since @3 :UInt64;  # Since when
  lastError @4 :Text;  # Why the last line ended; empty if none did
}

struct LinkUp {
  relay @0 :Common.RelayAddress;  # Through which relay
  isOurs @1 :Bool;  # Whether the node connected; else the friend did
}

struct LinkDown {
  why @0 :Text;  # Why there is no line, as far as one can know
  optNextAttempt :union {
    empty @1 :Void;  # Nothing to try: the friend may connect
    nextAttempt @2 :UInt64;  # When the node tries next
  }
}

struct LinkState {
  union {
    linked @0 :LinkUp;  # Online
    trying @1 :List(Common.RelayAddress);  # Attempts are under way at these relays
    apart @2 :LinkDown;  # Offline
  }
}

struct LinkStatus {
  friendPublicKey @0 :Common.PublicKey;  # An enabled friend
  state @1 :LinkState;  # State of the link
  since @2 :UInt64;  # Since when it is online or offline
}

struct NetworkStatus {
  now @0 :UInt64;  # The time, in milliseconds of a clock of the node that never goes back; all times here are its
  relays @1 :List(RelayStatus);  # Every relay
  links @2 :List(LinkStatus);  # Every enabled friend
}

struct StatusChange {
  now @0 :UInt64;  # As in NetworkStatus
  relays @1 :List(RelayStatus);  # Every relay
  links @2 :List(LinkStatus);  # Links that are not as they were told before
  gone @3 :List(Common.PublicKey);  # Friends that have no link any more: disabled or removed
}

struct FriendPart {
  report @0 :Data;  # A Report.PkFriendReport: a packed message of its own
  creditLines @1 :Data;  # A FriendCreditLines, the same; empty if the friend told no lines
}

struct ReportPiece {
  friends @0 :List(FriendPart);  # Some of those who were not in the report yet
  isLast @1 :Bool;  # Whether the report is whole now
}

struct LostCredits {
  friendPublicKey @0 :Common.PublicKey;  # Who may claim them
  amount @1 :Common.CustomUInt128;  # Fees included
}

struct LostPayment {
  paymentId @0 :Common.PaymentId;
  currency @1 :Common.Currency;
  parts @2 :List(LostCredits);  # What was under way when a channel was lost; none when the payment is forgotten
  optAckUid :union {
    empty @3 :Void;  # Parts are under way, or it is not closed, or its end is told as in 0.1.11
    ackUid @4 :Common.Uid;  # Nobody can prove whether it was paid; an AckClosePayment with this forgets it
  }
}

struct Extra {
  creditLines @0 :List(FriendCreditLines);  # In a report all that is known, in a change what is new
  optStatus :union {
    empty @1 :Void;  # As before
    status @2 :NetworkStatus;  # How the node stands with relays and friends
  }
  refusal @3 :Text;  # Why the request that is acknowledged here was refused; empty if it was not
  optStatusChange :union {
    empty @4 :Void;  # As before
    statusChange @5 :StatusChange;  # What is not as it was told before
  }
  friendsFollow @6 :Bool;  # In a report: the friends are not in it, but come in pieces for which the app asks
  optPiece :union {
    empty @7 :Void;  # None
    piece @8 :ReportPiece;  # Some of these friends
  }
  lostPayments @9 :List(LostPayment);  # In a report all of them, in a change those that are new or were asked for
}

struct AppPermissions {
  routes @0 :Bool;
  buyer @1 :Bool;
  seller @2 :Bool;
  config @3 :Bool;
  reportInPieces @4 :Bool;  # Whether the app may have the report in pieces: it asks for them, or gets it whole
}

# To a node that offers its report in pieces, and only to such a one. An AppToAppServer has no data, so that each is
# known from the other.
struct PieceRequest {
  isWanted @0 :Bool;  # The report without its friends, or the next friends
}

struct NodeReport {
  funderReport @0 :Report.FunderReport;
  indexClientReport @1 :Report.IndexClientReport;
  optExtra :union {
    empty @2 :Void;
    extra @3 :Extra;
  }
}

struct ReportMutations {
  optAppRequestId :union {
    appRequestId @0 :Common.Uid;
    empty @1 :Void;
  }
  mutations @2 :List(Report.NodeReportMutation);
  optExtra :union {
    empty @3 :Void;
    extra @4 :Extra;
  }
}

@0xd1c0f1a2b3e4957d;

# All that Offset adds to the wire of version 0.1.11: last fields, which an old peer does not read (docs/WIRE.md).
# A struct with the name of one of 0.1.11 begins exactly like it, so that each reads the other. It is written only
# when its last field holds something; else the bytes are those of 0.1.11. The message that carries ReportMutations to
# an app is in extension_app.capnp, those between friends are in extension_friend.capnp.

using Common = import "common.capnp";
using Report = import "report.capnp";

# Between friends

struct CreditLine {
  currency @0 :Common.Currency;  # Currency
  maxDebt @1 :Common.CustomUInt128;  # The most the receiver may owe the sender
  isOpen @2 :Bool;  # Whether the sender passes on requests of the receiver
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

struct IndexServerState {
  union {
    unused @0 :Void;  # Not its turn: another one is in use, or is tried first
    connecting @1 :Void;  # On the way, or it has not told the time yet
    connected @2 :Void;  # In use
    waiting @3 :UInt64;  # None is in use, and this one is tried next, at this time
  }
}

struct IndexServerStatus {
  server @0 :Common.PublicKey;  # An index server of the node
  state @1 :IndexServerState;
  lastError @2 :Text;  # Why the last connection or attempt ended; empty if none did, or while it is in use
  since @3 :UInt64;  # Since when it is in use; 0 while it is not
}

struct NetworkStatus {
  now @0 :UInt64;  # The time, in milliseconds of a clock of the node that never goes back; all times here are its
  relays @1 :List(RelayStatus);  # Every relay
  links @2 :List(LinkStatus);  # Every enabled friend
  indexServers @3 :List(IndexServerStatus);  # Every index server
}

struct StatusChange {
  now @0 :UInt64;  # As in NetworkStatus
  relays @1 :List(RelayStatus);  # Every relay
  links @2 :List(LinkStatus);  # Links that are not as they were told before
  gone @3 :List(Common.PublicKey);  # Friends that have no link any more: disabled or removed
  indexServers @4 :List(IndexServerStatus);  # Every index server
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
  parts @2 :List(LostCredits);  # What was under way when a channel was lost; none when the payment is forgotten (then without a currency), or the node lost its books
  optAckUid :union {
    empty @3 :Void;  # Parts are under way, or it is not closed, or its end is told as in 0.1.11
    ackUid @4 :Common.Uid;  # Nobody can prove whether it was paid; an AckClosePayment with this forgets it
  }
}

struct HeldCredits {
  friendPublicKey @0 :Common.PublicKey;  # To whom they are frozen
  amount @1 :Common.CustomUInt128;  # Fees included
}

struct PaymentRow {
  paymentId @0 :Common.PaymentId;
  invoiceId @1 :Common.InvoiceId;
  currency @2 :Common.Currency;
  amount @3 :Common.CustomUInt128;  # What the seller shall get
  seller @4 :Common.PublicKey;
  stage @5 :Text;  # A word for people: new, in progress, success, canceled, lost or acknowledged, perhaps others later
  hasCommit @6 :Bool;  # Whether a commit was made, so that somebody may have it
  held @7 :List(HeldCredits);  # The parts under way
  lost @8 :List(LostCredits);  # The parts that were lost with a channel
}

struct InvoiceRow {
  invoiceId @0 :Common.InvoiceId;
  currency @1 :Common.Currency;
  amount @2 :Common.CustomUInt128;  # What a buyer shall pay
  frozen @3 :Common.CustomUInt128;  # What buyers have frozen for it, all together
  hasCommit @4 :Bool;  # Whether one of them has frozen all, so that somebody may have a commit
}

struct HistoryRow {
  number @0 :UInt64;  # From 1 on, in the order in which things ended
  time @1 :UInt64;  # In milliseconds since 1970, of the clock of the node's machine; 0 if not known
  kind @2 :Text;  # A word for people: paid, unpaid, received, withdrawn, lost and so on
  id @3 :Data;  # Of the payment, the invoice or the request
  currency @4 :Common.Currency;
  amount @5 :Common.CustomUInt128;
  peer @6 :Common.PublicKey;  # The seller, the friend, or the node itself
  detail @7 :Data;  # As the kind has it: a receipt, a commit, the id of a payment, or nothing
}

struct FoundBalance {
  currency @0 :Common.Currency;
  balance @1 :Common.CustomInt128;  # As this node sees it
  frozenHere @2 :Common.CustomUInt128;  # By this node, for the friend
  frozenThere @3 :Common.CustomUInt128;  # By the friend, for this node
}

struct FoundRow {
  publicKey @0 :Common.PublicKey;
  signedAt @1 :UInt64;  # When we signed what it shows, in seconds since 1970; 0 if the signature does not say
  balances @2 :List(FoundBalance);  # What stands between us by that
}

struct Stake {
  currency @0 :Common.Currency;
  amount @1 :Common.CustomUInt128;
}

struct RecoveryRow {
  publicKey @0 :Common.PublicKey;
  state @1 :Text;  # A word for people: told, here, away, differs, or unknown of one who is no friend
  knownAt @2 :UInt64;  # When our newest signature was made that these books hold, in seconds since 1970; 0 if not known
  stakes @3 :List(Stake);  # What friends have frozen for requests that wait for its word
}

struct Rows {
  union {
    payments @0 :List(PaymentRow);
    invoices @1 :List(InvoiceRow);
    history @2 :List(HistoryRow);
    found @3 :List(FoundRow);
    recovery @4 :List(RecoveryRow);
  }
}

struct Page {
  queryId @0 :Common.Uid;
  rows @1 :Rows;
  isLast @2 :Bool;  # Whether there are no more in this direction
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
  optPage :union {
    empty @10 :Void;  # None
    page @11 :Page;  # What this app has asked for with a Query; told to no other
  }
}

struct AppPermissions {
  routes @0 :Bool;
  buyer @1 :Bool;
  seller @2 :Bool;
  config @3 :Bool;
  reportInPieces @4 :Bool;  # Whether the app may have the report in pieces: it asks for them, or gets it whole
  answersQueries @5 :Bool;  # Whether the node takes a Query
  reportIsOptional @6 :Bool;  # Whether the app may say that it wants no report
  takesOrders @7 :Bool;  # Whether the node takes an Order
}

# To a node that offers its report in pieces, or offers to leave it out, and only to such a one. An AppToAppServer has
# no data, so that each is known from the other.
struct PieceRequest {
  isWanted @0 :Bool;  # The report without its friends, or the next friends
  isQuery @1 :Bool;  # Not that: this is a Query, which begins in the same way
  isUnneeded @2 :Bool;  # No report at all: the app only asks for things, and is told what comes of them
  isOrder @3 :Bool;  # Not that: this is an Order, which begins in the same way
}

struct Listing {
  union {
    payments @0 :Data;  # Payments that are not acknowledged, with an id above this one, in the order of their ids
    invoices @1 :Data;  # Open invoices, in the same way
    historyAfter @2 :UInt64;  # Rows with a number above this one, the oldest first
    historyBefore @3 :UInt64;  # Rows with a number below this one, or all for 0; the newest first
    recovery @5 :Data;  # Of each friend whether it has told after a loss, with a key above this one, in the order of keys
    found @4 :Data;  # Friends that were found and are not taken yet, with a key above this one, in the order of keys
  }
}

# To a node that takes queries, and only to such a one
struct Query {
  isWanted @0 :Bool;  # False
  isQuery @1 :Bool;  # True
  limit @2 :UInt16;  # At most so many rows; the node may send fewer
  queryId @3 :Common.Uid;
  listing @4 :Listing;
}

struct Succeed {
  friendPublicKey @0 :Common.PublicKey;  # Whose key is lost
  successorPublicKey @1 :Common.PublicKey;  # The new card of its owner, a friend as well
  countsFrozen @2 :Bool;  # Also while payments are under way with the old one
}

struct TakeFriend {
  friendPublicKey @0 :Common.PublicKey;  # Who was found
  name @1 :Text;
}

struct ResetByProof {
  friendPublicKey @0 :Common.PublicKey;
  resetToken @1 :Common.Signature;  # Of the terms that the owner has seen
  token @2 :Report.MoveTokenHashedReport;  # What we signed to the friend
}

struct GiveUp {
  publicKey @0 :Common.PublicKey;  # Who will never tell
}

struct OrderRequest {
  union {
    succeed @0 :Succeed;  # config; offer the balances of the one friend to the other
    revoke @1 :Data;  # config; a revocation: the key of a friend, 32 bytes, and its signature
    resetByProof @2 :ResetByProof;  # config; accept terms of a friend by which nothing is lost
    takeFriend @3 :TakeFriend;  # config; let one that was found be a friend again
    giveUp @4 :GiveUp;  # config; after a loss: cancel what waits for the word of this key
  }
}

# To a node that takes orders, and only to such a one: requests that 0.1.11 has not
struct Order {
  isWanted @0 :Bool;  # False
  isQuery @1 :Bool;  # False
  isUnneeded @2 :Bool;  # False
  isOrder @3 :Bool;  # True
  appRequestId @4 :Common.Uid;
  appRequest @5 :OrderRequest;
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

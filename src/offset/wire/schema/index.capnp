@0xc8be176db9a5d459;

# Between nodes and index servers, and among index servers.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

using Common = import "common.capnp";
using Friend = import "friend.capnp";

struct Edge {
  fromPublicKey @0 :Common.PublicKey;  # Edge start
  toPublicKey @1 :Common.PublicKey;  # Edge end
}

struct RequestRoutes {
  requestId @0 :Common.Uid;  # Id echoed in the response
  currency @1 :Common.Currency;  # Currency
  capacity @2 :Common.CustomUInt128;  # Amount wanted
  source @3 :Common.PublicKey;  # First node
  destination @4 :Common.PublicKey;  # Last node
  optExclude :union {
    empty @5 :Void;  # Nothing excluded
    edge @6 :Edge;  # Directed edge that must not be used
  }
}

struct RouteCapacityRate {
  route @0 :Friend.FriendsRoute;  # Nodes from source to destination
  capacity @1 :Common.CustomUInt128;  # Amount that can be pushed
  rate @2 :Common.Rate;  # Accumulated rate
}

struct MultiRoute {
  routes @0 :List(RouteCapacityRate);  # Routes to be used together
}

struct ResponseRoutes {
  requestId @0 :Common.Uid;  # Id of the request
  multiRoutes @1 :List(MultiRoute);  # Alternatives
}

struct UpdateFriendCurrency {
  publicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency
  recvCapacity @2 :Common.CustomUInt128;  # Receive capacity, 0 when requests are closed
  rate @3 :Common.Rate;  # Forwarding rate for this friend (NOT covered by the signature)
}

struct RemoveFriendCurrency {
  publicKey @0 :Common.PublicKey;  # Friend
  currency @1 :Common.Currency;  # Currency to drop
}

struct IndexMutation {
  union {
    updateFriendCurrency @0 :UpdateFriendCurrency;  # Set an edge
    removeFriendCurrency @1 :RemoveFriendCurrency;  # Drop an edge
  }
}

struct MutationsUpdate {
  nodePublicKey @0 :Common.PublicKey;  # Node the mutations are about, and signer
  indexMutations @1 :List(IndexMutation);  # Mutations in order
  timeHash @2 :Common.HashResult;  # Recent time hash received from the server
  sessionId @3 :Common.Uid;  # Random id per connection
  counter @4 :UInt64;  # 0, 1, 2 … within the session
  randNonce @5 :Common.RandValue;  # Fresh random value
  signature @6 :Common.Signature;  # Node's signature (section 5.6)
}

struct TimeProofLink {
  hashes @0 :List(Common.HashResult);  # List whose combined hash is a time hash (section 5.7)
}

struct ForwardMutationsUpdate {
  mutationsUpdate @0 :MutationsUpdate;  # The original, unchanged
  timeProofChain @1 :List(TimeProofLink);  # One link per server passed, in order
}

struct IndexServerToClient {
  union {
    timeHash @0 :Common.HashResult;  # Current time hash
    responseRoutes @1 :ResponseRoutes;  # Answer
  }
}

struct IndexClientToServer {
  union {
    mutationsUpdate @0 :MutationsUpdate;  # Report
    requestRoutes @1 :RequestRoutes;  # Query
  }
}

struct IndexServerToServer {
  union {
    timeHash @0 :Common.HashResult;  # Current time hash
    forwardMutationsUpdate @1 :ForwardMutationsUpdate;  # Flooded report
  }
}

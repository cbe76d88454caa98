@0xad6f3b0b0d783568;

# What a node tells an app about itself, and how that changes.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

using Common = import "common.capnp";
using Friend = import "friend.capnp";

struct CountersInfo {
  inconsistencyCounter @0 :UInt64;  # Number of resets
  moveTokenCounter @1 :Common.CustomUInt128;  # Messages since the last reset
}

struct BalanceInfo {
  balance @0 :Common.CustomInt128;  # Balance
  localPendingDebt @1 :Common.CustomUInt128;  # Frozen by the local side
  remotePendingDebt @2 :Common.CustomUInt128;  # Frozen by the remote side
}

struct CurrencyBalanceInfo {
  currency @0 :Common.Currency;  # Currency
  balanceInfo @1 :BalanceInfo;  # Values
}

struct McInfo {
  localPublicKey @0 :Common.PublicKey;  # Side the values are seen from
  remotePublicKey @1 :Common.PublicKey;  # Other side
  balances @2 :List(CurrencyBalanceInfo);  # Sorted by currency
}

struct TokenInfo {
  mc @0 :McInfo;  # Mutual credits
  counters @1 :CountersInfo;  # Counters
}

struct MoveTokenHashedReport {
  prefixHash @0 :Common.HashResult;  # Section 5.3
  tokenInfo @1 :TokenInfo;  # Agreed values, seen from the signer
  randNonce @2 :Common.RandValue;  # From the message
  newToken @3 :Common.Signature;  # Signature of the friend
}

struct FriendStatusReport {
  union {
    disabled @0 :Void;  # Not connecting
    enabled @1 :Void;  # Connecting
  }
}

struct RequestsStatusReport {
  union {
    closed @0 :Void;  # Unused by v0.1.11
    open @1 :Void;  # Unused by v0.1.11
  }
}

struct FriendLivenessReport {
  union {
    offline @0 :Void;  # Not connected
    online @1 :Void;  # Connected
  }
}

struct McBalanceReport {
  balance @0 :Common.CustomInt128;  # Balance, local view
  localPendingDebt @1 :Common.CustomUInt128;  # Frozen by us
  remotePendingDebt @2 :Common.CustomUInt128;  # Frozen by the friend
}

struct CurrencyReport {
  currency @0 :Common.Currency;  # Currency
  balance @1 :McBalanceReport;  # Values
}

struct ResetTermsReport {
  resetToken @0 :Common.Signature;  # Token to quote in resetFriendChannel
  balanceForReset @1 :List(Friend.CurrencyBalance);  # Balances proposed by the friend, friend's view
}

struct ChannelInconsistentReport {
  localResetTerms @0 :List(Friend.CurrencyBalance);  # Balances we propose
  optRemoteResetTerms :union {
    remoteResetTerms @1 :ResetTermsReport;  # Friend's terms, known
    empty @2 :Void;  # Friend's terms not known yet
  }
}

struct ChannelConsistentReport {
  currencyReports @0 :List(CurrencyReport);  # One entry per active mutual credit
}

struct ChannelStatusReport {
  union {
    inconsistent @0 :ChannelInconsistentReport;  # Needs a reset
    consistent @1 :ChannelConsistentReport;  # Normal
  }
}

struct OptLastIncomingMoveToken {
  union {
    moveTokenHashed @0 :MoveTokenHashedReport;  # Last message signed by the friend
    empty @1 :Void;  # None yet
  }
}

struct CurrencyRate {
  currency @0 :Common.Currency;  # Unused by v0.1.11
  rate @1 :Common.Rate;  # Unused by v0.1.11
}

struct CurrencyConfigReport {
  currency @0 :Common.Currency;  # Currency
  rate @1 :Common.Rate;  # Forwarding rate
  remoteMaxDebt @2 :Common.CustomUInt128;  # Credit limit
  isOpen @3 :Bool;  # Forwarding requests accepted
}

struct FriendReport {
  name @0 :Text;  # Local label
  remoteRelays @1 :List(Common.RelayAddress);  # Relays of the friend
  currencyConfigs @2 :List(CurrencyConfigReport);  # Local settings per currency
  optLastIncomingMoveToken @3 :OptLastIncomingMoveToken;  # Last proof
  liveness @4 :FriendLivenessReport;  # Connection state
  channelStatus @5 :ChannelStatusReport;  # Channel state
  status @6 :FriendStatusReport;  # Wanted state
}

struct PkFriendReport {
  friendPublicKey @0 :Common.PublicKey;  # Key of the map entry
  friendReport @1 :FriendReport;  # Value of the map entry
}

struct PkFriendReportList {
  list @0 :List(PkFriendReport);  # Map entries, any order, unique keys
}

struct FunderReport {
  localPublicKey @0 :Common.PublicKey;  # Identity of the node
  relays @1 :List(Common.NamedRelayAddress);  # Local relays
  friends @2 :PkFriendReportList;  # Map of friends
}

struct AddFriendReport {
  friendPublicKey @0 :Common.PublicKey;  # Friend
  name @1 :Text;  # Local label
  relays @2 :List(Common.RelayAddress);  # Friend's relays
  optLastIncomingMoveToken @3 :OptLastIncomingMoveToken;  # Initial value
  channelStatus @4 :ChannelStatusReport;  # Initial value
}

struct FriendReportMutation {
  union {
    setRemoteRelays @0 :List(Common.RelayAddress);  # Replace
    setName @1 :Text;  # Replace
    updateCurrencyConfig @2 :CurrencyConfigReport;  # Insert or replace by currency
    removeCurrencyConfig @3 :Common.Currency;  # Remove
    setChannelStatus @4 :ChannelStatusReport;  # Replace
    setStatus @5 :FriendStatusReport;  # Replace
    setOptLastIncomingMoveToken @6 :OptLastIncomingMoveToken;  # Replace
    setLiveness @7 :FriendLivenessReport;  # Replace
  }
}

struct PkFriendReportMutation {
  friendPublicKey @0 :Common.PublicKey;  # Friend to change
  friendReportMutation @1 :FriendReportMutation;  # Change
}

struct FunderReportMutation {
  union {
    addRelay @0 :Common.NamedRelayAddress;  # Insert or replace by key
    removeRelay @1 :Common.PublicKey;  # Remove
    addFriend @2 :AddFriendReport;  # Insert
    removeFriend @3 :Common.PublicKey;  # Remove
    pkFriendReportMutation @4 :PkFriendReportMutation;  # Change one friend
  }
}

struct IndexClientReport {
  indexServers @0 :List(Common.NamedIndexServerAddress);  # Configured servers
  optConnectedServer :union {
    publicKey @1 :Common.PublicKey;  # Server in use
    empty @2 :Void;  # Not connected
  }
}

struct IndexClientReportMutation {
  union {
    addIndexServer @0 :Common.NamedIndexServerAddress;  # Insert or replace by key
    removeIndexServer @1 :Common.PublicKey;  # Remove
    setConnectedServer :union {
      publicKey @2 :Common.PublicKey;  # Connected to this server
      empty @3 :Void;  # Not connected
    }
  }
}

struct NodeReport {
  funderReport @0 :FunderReport;  # Funder part
  indexClientReport @1 :IndexClientReport;  # Index client part
}

struct NodeReportMutation {
  union {
    funder @0 :FunderReportMutation;  # Funder part
    indexClient @1 :IndexClientReportMutation;  # Index client part
  }
}

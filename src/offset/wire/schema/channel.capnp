@0x9a51d529bcd9a7ee;

# The secure channel: handshake, rekeying and padded data messages.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

using Common = import "common.capnp";

struct ExchangeRandNonce {
  randNonce @0 :Common.RandValue;  # Fresh nonce chosen by the sender
  srcPublicKey @1 :Common.PublicKey;  # Sender's identity key
  optDestPublicKey :union {
    empty @2 :Void;  # Sender accepts any peer
    publicKey @3 :Common.PublicKey;  # Peer the sender wants (advisory, never checked by the receiver)
  }
}

struct ExchangeDh {
  dhPublicKey @0 :Common.DhPublicKey;  # Sender's ephemeral X25519 key
  randNonce @1 :Common.RandValue;  # Echo of the nonce received from the peer
  keySalt @2 :Common.Salt;  # Sender's fresh salt
  signature @3 :Common.Signature;  # Sender's identity signature (section 5.8)
}

struct Rekey {
  dhPublicKey @0 :Common.DhPublicKey;  # Sender's new ephemeral X25519 key
  keySalt @1 :Common.Salt;  # Sender's new salt
}

struct ChannelContent {
  union {
    rekey @0 :Rekey;  # Key change
    user @1 :Data;  # One message of the layer above
  }
}

struct ChannelMessage {
  randPadding @0 :Data;  # Random bytes, 0..65535, ignored
  content @1 :ChannelContent;  # Payload
}

@0xccbe552feae5dcf4;

# Between a node and a relay.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

using Common = import "common.capnp";

struct InitConnection {
  union {
    listen @0 :Void;  # Register as a listener
    accept @1 :Common.PublicKey;  # Take over the half tunnel opened by this key
    connect @2 :Common.PublicKey;  # Ask for a tunnel to this key
  }
}

struct RejectConnection {
  publicKey @0 :Common.PublicKey;  # Connector that is refused (sent by the listener)
}

struct IncomingConnection {
  publicKey @0 :Common.PublicKey;  # Connector that is waiting (sent by the relay)
}

@0xfa7211252b52dcbf;

# Proof of life on every line.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

struct KaMessage {
  union {
    keepAlive @0 :Void;  # Heartbeat
    message @1 :Data;  # One message of the layer above
  }
}

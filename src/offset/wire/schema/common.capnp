@0xc8a9e10f76dc7aeb;

# Basic values: buffers as big-endian words, keys, amounts, names and addresses.
# Ordinals fix the layout (spec 01, 6.9); names and ids are not on the wire.

struct Buffer128 {
  x0 @0 :UInt64;  # Bytes 0..7 of the value, read as a big-endian u64
  x1 @1 :UInt64;  # Bytes 8..15
}

struct Buffer256 {
  x0 @0 :UInt64;  # Bytes 0..7 (big-endian u64)
  x1 @1 :UInt64;  # Bytes 8..15
  x2 @2 :UInt64;  # Bytes 16..23
  x3 @3 :UInt64;  # Bytes 24..31
}

struct Buffer512 {
  x0 @0 :UInt64;  # Bytes 0..7 (big-endian u64)
  x1 @1 :UInt64;  # Bytes 8..15
  x2 @2 :UInt64;  # Bytes 16..23
  x3 @3 :UInt64;  # Bytes 24..31
  x4 @4 :UInt64;  # Bytes 32..39
  x5 @5 :UInt64;  # Bytes 40..47
  x6 @6 :UInt64;  # Bytes 48..55
  x7 @7 :UInt64;  # Bytes 56..63
}

struct PublicKey {
  inner @0 :Buffer256;  # Ed25519 public key, 32 B
}

struct DhPublicKey {
  inner @0 :Buffer256;  # X25519 public key, 32 B
}

struct Signature {
  inner @0 :Buffer512;  # 64 B: Ed25519 signature R‖S, or a 64-byte token
}

struct RandValue {
  inner @0 :Buffer128;  # 16 random bytes
}

struct CustomUInt128 {
  inner @0 :Buffer128;  # Unsigned 128-bit, 16 B big-endian
}

struct CustomInt128 {
  inner @0 :Buffer128;  # Signed 128-bit two's complement, 16 B big-endian
}

struct HashResult {
  inner @0 :Buffer256;  # SHA-512/256 output, 32 B
}

struct InvoiceId {
  inner @0 :Buffer256;  # 32 B
}

struct Salt {
  inner @0 :Buffer256;  # 32 B
}

struct Uid {
  inner @0 :Buffer128;  # 16 B
}

struct PaymentId {
  inner @0 :Buffer128;  # 16 B
}

struct PlainLock {
  inner @0 :Buffer256;  # 32 B lock preimage
}

struct HashedLock {
  inner @0 :Buffer256;  # 32 B, SHA-512/256 of the preimage
}

struct Rate {
  mul @0 :UInt32;  # Proportional fee, in units of 2^-32
  add @1 :UInt32;  # Flat fee
}

struct NetAddress {
  address @0 :Text;  # "host:port" string (section 1.5)
}

struct Currency {
  currency @0 :Text;  # Currency name (section 3.7)
}

struct RelayAddress {
  publicKey @0 :PublicKey;  # Identity of the relay
  address @1 :NetAddress;  # Where it listens
}

struct NamedRelayAddress {
  publicKey @0 :PublicKey;  # Identity of the relay
  address @1 :NetAddress;  # Where it listens
  name @2 :Text;  # Local label
}

struct NamedIndexServerAddress {
  publicKey @0 :PublicKey;  # Identity of the index server
  address @1 :NetAddress;  # Its client port
  name @2 :Text;  # Local label
}

struct Commit {
  responseHash @0 :HashResult;  # H(requestId ‖ randNonce)
  srcPlainLock @1 :PlainLock;  # Buyer's lock preimage
  destHashedLock @2 :HashedLock;  # Seller's hashed lock
  destPayment @3 :CustomUInt128;  # Amount carried by this one transaction
  totalDestPayment @4 :CustomUInt128;  # Whole invoice amount
  invoiceId @5 :InvoiceId;  # Invoice paid
  currency @6 :Currency;  # Currency paid
  signature @7 :Signature;  # Seller's signature from the response (section 5.4)
}

struct Receipt {
  responseHash @0 :HashResult;  # H(requestId ‖ randNonce)
  invoiceId @1 :InvoiceId;  # Invoice paid
  currency @2 :Currency;  # Currency paid
  srcPlainLock @3 :PlainLock;  # Buyer's lock preimage
  destPlainLock @4 :PlainLock;  # Seller's lock preimage
  isComplete @5 :Bool;  # Flag copied from the response
  destPayment @6 :CustomUInt128;  # Amount of this transaction
  totalDestPayment @7 :CustomUInt128;  # Whole invoice amount
  signature @8 :Signature;  # Seller's signature from the response (section 5.4)
}

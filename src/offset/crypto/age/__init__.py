"""age v1: texts that open with a passphrase or with a key, in any program that knows age (docs/manual/keys.md).

Only what an identity needs of it: armor, the recipients scrypt and X25519. The ciphers are those of the library;
here is how they are put together. Why not a library for the whole of it: docs/decisions/0009-age.md.
"""

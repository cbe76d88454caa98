"""What letters are about: paying an address or a request, and being paid at ours (docs/MAILBOX.md)."""

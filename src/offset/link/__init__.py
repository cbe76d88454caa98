"""Lines: frames, version, handshake, secure channel, keepalive, stacked."""

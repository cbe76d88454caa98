"""The world: sockets, clock, entropy, signals, logs, and the one driver of engines."""

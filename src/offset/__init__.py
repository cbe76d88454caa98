"""Offset: a decentralised payment engine of mutual credit, with its programs."""

__version__ = "0.1.0"

"""Whole programs without their sockets: lines below, cores above, effects out."""

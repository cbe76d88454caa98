"""Talking with one friend: what came in, what goes out, and how the friend is reached."""

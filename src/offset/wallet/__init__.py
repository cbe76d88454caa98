"""The wallet: a daemon that keeps cards, and all that its page and its commands can ask of it."""

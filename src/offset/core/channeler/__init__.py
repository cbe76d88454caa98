"""A live line to each friend, through relays."""

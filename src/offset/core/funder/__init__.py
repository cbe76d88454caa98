"""Credit between friends: mutual credit, token channels, payments."""

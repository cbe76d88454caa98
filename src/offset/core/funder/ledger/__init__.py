"""What two friends owe each other, and the token channel that keeps both books equal. Knows no turn."""

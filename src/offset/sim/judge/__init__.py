"""Who judges: after every step, between two of them, and when all is at rest."""

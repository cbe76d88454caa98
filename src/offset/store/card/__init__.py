"""The books of a card: what was paid and asked for, and each change of a balance. The node keeps none of it."""

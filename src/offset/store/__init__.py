"""The database of a node: commit rows, restore a state."""

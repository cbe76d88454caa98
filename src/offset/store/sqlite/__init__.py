"""The database of a node in one SQLite file."""

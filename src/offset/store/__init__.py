"""The database of a node: commit rows, restore a state. What is stored: `schema`; where: one package per dialect."""

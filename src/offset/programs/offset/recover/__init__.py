"""`offset recover`: from what is left of a card to a node that has its balances again (docs/RECOVERY.md)."""

"""The database of a wallet: which cards it has, how currencies are shown, settings."""

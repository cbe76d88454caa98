"""Keys, hashes and ciphers. Nobody else imports the crypto library."""

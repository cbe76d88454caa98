-- Friends that hand their balances over to their new card, until that has accepted; and keys that their owners have
-- revoked, which never become enabled friends again.
CREATE TABLE successors (
    friend BLOB PRIMARY KEY,
    successor BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE revoked (
    public_key BLOB PRIMARY KEY,
    signature BLOB NOT NULL
) STRICT, WITHOUT ROWID;

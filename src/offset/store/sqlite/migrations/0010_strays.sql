-- Collects of friends for requests whose askers have not told yet, in a database that was restored.
CREATE TABLE strays (
    friend BLOB,
    currency TEXT,
    request_id BLOB,
    collect TEXT NOT NULL,
    response TEXT,
    PRIMARY KEY (friend, currency, request_id)
) STRICT, WITHOUT ROWID;

-- A payment that is open in a copy may have been paid since: nothing proves that it was not.
ALTER TABLE payments ADD COLUMN is_doubtful INTEGER NOT NULL DEFAULT 0;

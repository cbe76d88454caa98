-- Pairs that went with their friend or its settings. Index servers may still believe in them, so the node goes on to
-- take them back after a start; then the row goes.
CREATE TABLE withdrawn (
    friend BLOB,
    currency TEXT,
    PRIMARY KEY (friend, currency)
) STRICT, WITHOUT ROWID;

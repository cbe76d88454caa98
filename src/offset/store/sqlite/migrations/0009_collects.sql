-- The last collects that the node made to each friend, in a number of places that a program chooses. They are part of what
-- the node hands over to a friend that has lost its books, so that this one can pass them on.
CREATE TABLE collects (
    friend BLOB,
    slot INTEGER,
    number INTEGER NOT NULL,
    currency TEXT NOT NULL,
    request_id BLOB NOT NULL,
    src_plain_lock BLOB NOT NULL,
    dest_plain_lock BLOB NOT NULL,
    response TEXT,
    PRIMARY KEY (friend, slot)
) STRICT, WITHOUT ROWID;

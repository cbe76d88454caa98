-- Programs that may see, receive or pay. Of the secret only its SHA-256 is kept.
CREATE TABLE tokens (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    -- JSON: the rights; the cards, or null for all; the budgets.
    rights TEXT NOT NULL,
    cards TEXT NOT NULL,
    budgets TEXT NOT NULL,
    -- In ms since 1970; NULL: never.
    expires INTEGER,
    made INTEGER NOT NULL
) STRICT;

-- The cards, in the order in which they were made.
CREATE TABLE cards (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('local', 'remote')),
    name TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    -- Of a remote card: where its node is, and its key. The key of a local one is told by its identity.
    node_address TEXT,
    node_key BLOB
) STRICT;

-- What the owner set, each as JSON.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- How a currency is shown; one that is not here is shown in whole credits.
CREATE TABLE currencies (
    currency TEXT PRIMARY KEY,
    decimals INTEGER NOT NULL,
    label TEXT NOT NULL
) STRICT;

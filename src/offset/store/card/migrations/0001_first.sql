-- Amounts are texts of digits: SQLite has no numbers of 128 bits. Times are in ms since 1970.

-- The node whose card this is, once it was met.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- Payments of the owner, in the order in which they were begun.
CREATE TABLE purchases (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    -- Of the request that made it: a repetition with another body is refused.
    body_hash BLOB NOT NULL,
    -- An InvoiceText, packed.
    invoice BLOB NOT NULL,
    invoice_id BLOB NOT NULL,
    seller BLOB NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    stage TEXT NOT NULL,
    fees_max TEXT,
    fees TEXT,
    -- The payment that is open in the node, or was last.
    payment_id BLOB,
    -- Whether the node was told that its end is known here, so that it may forget the payment.
    is_acked INTEGER NOT NULL,
    -- What was sent for it: JSON of friend, amount and fee of each part.
    parts TEXT NOT NULL,
    -- A Commit and a Receipt, packed.
    commit_packed BLOB,
    receipt_packed BLOB,
    -- When the commit was shown first: from then on somebody may collect with it.
    handed INTEGER,
    -- Why it ended, or what it waits for: JSON.
    why TEXT,
    made INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX purchases_by_invoice ON purchases (invoice_id);
CREATE INDEX purchases_by_stage ON purchases (stage);

-- Invoices of the owner.
CREATE TABLE sales (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The id of the invoice, as text.
    id TEXT NOT NULL UNIQUE,
    -- The id of the request that made it, and its body.
    request TEXT NOT NULL UNIQUE,
    body_hash BLOB NOT NULL,
    invoice BLOB NOT NULL,
    invoice_id BLOB NOT NULL UNIQUE,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    note TEXT NOT NULL,
    stage TEXT NOT NULL,
    commit_packed BLOB,
    -- What friends owed, all together, when the node was asked to collect.
    owed_before TEXT,
    why TEXT,
    made INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX sales_by_stage ON sales (stage);

-- Changes of balances, in their order. The delta of a row is what lies between its total and that of the row before.
CREATE TABLE moves (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    currency TEXT NOT NULL,
    -- NULL: payments of others, over several friends; the table passed has what each friend had of it.
    friend BLOB,
    friend_name TEXT,
    delta TEXT NOT NULL,
    balance TEXT NOT NULL,
    total TEXT NOT NULL,
    fees TEXT,
    purchase TEXT,
    sale TEXT
) STRICT;
CREATE INDEX moves_by_purchase ON moves (purchase) WHERE purchase IS NOT NULL;
CREATE INDEX moves_by_sale ON moves (sale) WHERE sale IS NOT NULL;

CREATE TABLE passed (
    move INTEGER NOT NULL,
    friend BLOB NOT NULL,
    delta TEXT NOT NULL,
    PRIMARY KEY (move, friend)
) STRICT, WITHOUT ROWID;

-- What each friend owed when it was looked at last: all moves of it together.
CREATE TABLE balances (
    friend BLOB NOT NULL,
    currency TEXT NOT NULL,
    balance TEXT NOT NULL,
    PRIMARY KEY (friend, currency)
) STRICT, WITHOUT ROWID;

-- What all friends together owed at the end of a day (UTC, as in 2026-05-03).
CREATE TABLE days (
    currency TEXT NOT NULL,
    day TEXT NOT NULL,
    balance TEXT NOT NULL,
    PRIMARY KEY (currency, day)
) STRICT, WITHOUT ROWID;

-- What the owner calls nodes that are no friends, and wrote about anybody.
CREATE TABLE contacts (
    key BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

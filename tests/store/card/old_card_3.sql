-- The books of a card in format 3, as `iterdump` of Python writes them.
PRAGMA application_id = 1330008899;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE balances (
    friend BLOB NOT NULL,
    currency TEXT NOT NULL,
    balance TEXT NOT NULL,
    PRIMARY KEY (friend, currency)
) STRICT, WITHOUT ROWID;
INSERT INTO "balances" VALUES(X'6464646464646464646464646464646464646464646464646464646464646464','FST','-21');
CREATE TABLE contacts (
    key BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "contacts" VALUES(X'6565656565656565656565656565656565656565656565656565656565656565','Emil','from work');
CREATE TABLE days (
    currency TEXT NOT NULL,
    day TEXT NOT NULL,
    balance TEXT NOT NULL,
    PRIMARY KEY (currency, day)
) STRICT, WITHOUT ROWID;
INSERT INTO "days" VALUES('FST','2026-05-03','-21');
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('node',X'6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E6E');
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
INSERT INTO "moves" VALUES(1,1777809600000,'paid','FST',X'6464646464646464646464646464646464646464646464646464646464646464','Dana','-21','-21','-21',NULL,'p',NULL);
CREATE TABLE passed (
    move INTEGER NOT NULL,
    friend BLOB NOT NULL,
    delta TEXT NOT NULL,
    PRIMARY KEY (move, friend)
) STRICT, WITHOUT ROWID;
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
, token TEXT) STRICT;
INSERT INTO "purchases" VALUES(1,'p',X'68',X'7061636B6564',X'6969696969696969696969696969696969696969696969696969696969696969',X'7373737373737373737373737373737373737373737373737373737373737373','FST','20','Bob''s bakery','Lunch','done',NULL,'1',NULL,1,'[]',X'63',X'72',NULL,NULL,1777809600000,1777809600000,'program');
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
    why TEXT,
    made INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
INSERT INTO "sales" VALUES(1,'s','of s',X'68',X'7061636B6564',X'7369696969696969696969696969696969696969696969696969696969696969','FST','20','Bread','collected',X'63',NULL,1777809600000,1777809600000);
CREATE INDEX purchases_by_invoice ON purchases (invoice_id);
CREATE INDEX purchases_by_stage ON purchases (stage);
CREATE INDEX sales_by_stage ON sales (stage);
CREATE INDEX moves_by_purchase ON moves (purchase) WHERE purchase IS NOT NULL;
CREATE INDEX moves_by_sale ON moves (sale) WHERE sale IS NOT NULL;
CREATE INDEX purchases_by_token ON purchases (token) WHERE token IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('purchases',1);
INSERT INTO "sqlite_sequence" VALUES('sales',1);
INSERT INTO "sqlite_sequence" VALUES('moves',1);
COMMIT;

-- Letters of the mailbox (docs/MAILBOX.md). A letter is kept as it was said; ids of questions and requests have 16 bytes.

-- Questions of ours, until nothing is to be said about them any more.
CREATE TABLE own_asks (
    ask_id BLOB PRIMARY KEY,
    -- A MailboxAddress, packed: who is called.
    address BLOB NOT NULL,
    -- The question; NULL: none was asked, there is just a commit to be handed over.
    letter BLOB,
    stage TEXT NOT NULL,
    ask_until INTEGER NOT NULL,
    give_up_until INTEGER,
    -- The answer, and the Commit, packed.
    invoice BLOB,
    commit_packed BLOB,
    is_collected INTEGER NOT NULL,
    -- The code with which the owner has refused, and its words.
    refused INTEGER,
    why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Questions to us.
CREATE TABLE guest_asks (
    ask_id BLOB PRIMARY KEY,
    letter BLOB NOT NULL,
    -- The mailbox of the contact who asked; NULL: a stranger.
    contact BLOB,
    request_id BLOB NOT NULL,
    stage TEXT NOT NULL,
    asked INTEGER NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    note TEXT NOT NULL,
    decimals INTEGER,
    -- Of our answer, which is in `invoice`.
    invoice_id BLOB,
    invoice BLOB,
    commit_packed BLOB,
    is_touched INTEGER NOT NULL,
    is_complete INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX guest_asks_by_invoice ON guest_asks (invoice_id);
CREATE INDEX guest_asks_by_stage ON guest_asks (stage);

-- What the owner asks whoever has a text of kind r for.
CREATE TABLE requests (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id BLOB NOT NULL UNIQUE,
    currency TEXT NOT NULL,
    -- NULL: the payer chooses.
    amount TEXT,
    decimals INTEGER,
    note TEXT NOT NULL,
    -- In s since 1970; 0: always.
    valid_until INTEGER NOT NULL,
    is_once INTEGER NOT NULL,
    state TEXT NOT NULL,
    taken_by BLOB
) STRICT;

-- The owner's mailboxes, by the number of their keys.
CREATE TABLE addresses (
    number INTEGER PRIMARY KEY,
    label TEXT NOT NULL,
    open_to TEXT NOT NULL
) STRICT;

-- The text of the address or the request whose owner is asked for the invoice; NULL: it was there from the start.
ALTER TABLE purchases ADD COLUMN asked TEXT;
-- As what the owner of the address is told who asks.
ALTER TABLE purchases ADD COLUMN payer TEXT NOT NULL DEFAULT '';
-- Until when it is asked for, and then until when the invoice can be paid.
ALTER TABLE purchases ADD COLUMN until INTEGER;
CREATE INDEX purchases_by_asked ON purchases (asked) WHERE asked IS NOT NULL;
-- Of a sale that a letter began: the question, the payer as it calls itself, and the request that it answers.
ALTER TABLE sales ADD COLUMN ask_id BLOB;
ALTER TABLE sales ADD COLUMN payer TEXT NOT NULL DEFAULT '';
ALTER TABLE sales ADD COLUMN request_id BLOB;
CREATE INDEX sales_by_request_id ON sales (request_id) WHERE request_id IS NOT NULL;

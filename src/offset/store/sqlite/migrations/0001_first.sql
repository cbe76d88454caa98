-- The first format. Keys and ids are BLOB, numbers of up to 128 bits are decimal TEXT, lists and messages are JSON
-- TEXT (bytes in it are base64), times are ms since 1970 (UTC). Secrets lie here in clear: keep the file to yourself.

-- What this file is: format, public_key, created_by, opened_by; and ballast, which only makes the log grow.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;

-- Relays and index servers of this node, in the order of the owner.
CREATE TABLE relays (
    position INTEGER PRIMARY KEY,
    public_key BLOB NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE index_servers (
    position INTEGER PRIMARY KEY,
    public_key BLOB NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

-- sent_relays: which relays of ours the friend knows.
CREATE TABLE friends (
    public_key BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    is_enabled INTEGER NOT NULL,
    remote_relays TEXT NOT NULL,
    sent_relays TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the owner set for a friend and currency.
CREATE TABLE configs (
    friend BLOB,
    currency TEXT,
    rate_mul INTEGER NOT NULL,
    rate_add INTEGER NOT NULL,
    remote_max_debt TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    PRIMARY KEY (friend, currency)
) STRICT, WITHOUT ROWID;

-- outgoing is NULL while we hold the token; with local_terms the two ledgers disagree.
-- Rows may be as large as a message, so this table has rowids.
CREATE TABLE channels (
    friend BLOB NOT NULL PRIMARY KEY,
    outgoing TEXT,
    incoming TEXT,
    inconsistency_counter TEXT NOT NULL,
    move_token_counter TEXT NOT NULL,
    local_currencies TEXT NOT NULL,
    remote_currencies TEXT NOT NULL,
    local_terms TEXT,
    remote_terms TEXT,
    reset_wish BLOB,
    former_terms TEXT
) STRICT;

-- The balances: above 0 the friend owes us.
CREATE TABLE credits (
    friend BLOB,
    currency TEXT,
    balance TEXT NOT NULL,
    local_pending_debt TEXT NOT NULL,
    remote_pending_debt TEXT NOT NULL,
    PRIMARY KEY (friend, currency)
) STRICT, WITHOUT ROWID;

-- Requests under way: sent by us (is_local) or by the friend. route: the keys of the nodes after the receiver, joined.
-- origin: the friend that waits for the answer, x'' for our own user, 'lost' for nobody.
CREATE TABLE pending (
    friend BLOB,
    currency TEXT,
    is_local INTEGER,
    request_id BLOB,
    src_hashed_lock BLOB NOT NULL,
    route BLOB NOT NULL,
    dest_payment TEXT NOT NULL,
    total_dest_payment TEXT NOT NULL,
    invoice_id BLOB NOT NULL,
    left_fees TEXT NOT NULL,
    response TEXT,
    origin BLOB NOT NULL,
    PRIMARY KEY (friend, currency, is_local, request_id)
) STRICT, WITHOUT ROWID;

-- Operations that wait for the token. queue: 0 answers, 1 requests of others, 2 our own requests.
CREATE TABLE queued (
    friend BLOB,
    number INTEGER,
    queue INTEGER NOT NULL,
    currency TEXT NOT NULL,
    operation TEXT NOT NULL,
    origin BLOB NOT NULL,
    PRIMARY KEY (friend, number)
) STRICT, WITHOUT ROWID;

-- Open invoices of ours, and the requests that wait for each.
CREATE TABLE invoices (
    invoice_id BLOB PRIMARY KEY,
    currency TEXT NOT NULL,
    total_dest_payment TEXT NOT NULL,
    dest_plain_lock BLOB NOT NULL,
    src_hashed_lock BLOB,
    parts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Payments of ours until they are acknowledged, and their parts until they are collected or cancelled.
CREATE TABLE payments (
    payment_id BLOB PRIMARY KEY,
    invoice_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    total_dest_payment TEXT NOT NULL,
    dest_public_key BLOB NOT NULL,
    src_plain_lock BLOB NOT NULL,
    stage TEXT NOT NULL,
    open_transactions INTEGER NOT NULL,
    receipt TEXT,
    ack_uid BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE transactions (
    request_id BLOB PRIMARY KEY,
    payment_id BLOB NOT NULL,
    friend BLOB NOT NULL,
    dest_payment TEXT NOT NULL,
    fees TEXT NOT NULL,
    response TEXT
) STRICT, WITHOUT ROWID;

-- What ended. time: when it was written first.
CREATE TABLE history (
    kind TEXT,
    id BLOB,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    peer BLOB NOT NULL,
    detail BLOB NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- For people. Nothing in the program reads these views.

CREATE VIEW balances AS
SELECT
    friends.name AS friend,
    credits.currency,
    credits.balance,
    credits.local_pending_debt AS frozen_by_us,
    credits.remote_pending_debt AS frozen_by_friend,
    configs.remote_max_debt AS friend_may_owe,
    iif(configs.is_open, 'open', 'closed') AS requests,
    lower(hex(credits.friend)) AS public_key
FROM credits
LEFT JOIN friends ON friends.public_key = credits.friend
LEFT JOIN configs ON configs.friend = credits.friend AND configs.currency = credits.currency
ORDER BY friends.name, credits.friend, credits.currency;

CREATE VIEW friendships AS
SELECT
    friends.name AS friend,
    iif(friends.is_enabled, 'enabled', 'disabled') AS status,
    iif(channels.local_terms IS NULL, 'consistent', 'inconsistent') AS channel,
    iif(channels.outgoing IS NULL, 'us', 'friend') AS token_is_with,
    channels.inconsistency_counter AS resets,
    (SELECT count(*) FROM pending WHERE pending.friend = friends.public_key) AS requests_under_way,
    (SELECT count(*) FROM queued WHERE queued.friend = friends.public_key) AS operations_waiting,
    lower(hex(friends.public_key)) AS public_key
FROM friends
LEFT JOIN channels ON channels.friend = friends.public_key
ORDER BY friends.name, friends.public_key;

CREATE VIEW requests AS
SELECT
    iif(pending.is_local, 'to', 'from') AS direction,
    friends.name AS friend,
    pending.currency,
    pending.dest_payment AS amount,
    pending.left_fees AS fees,
    length(pending.route) / 32 AS hops_left,
    iif(pending.response IS NULL, 'asked', 'promised') AS stage,
    lower(hex(pending.invoice_id)) AS invoice_id,
    lower(hex(pending.request_id)) AS request_id
FROM pending
LEFT JOIN friends ON friends.public_key = pending.friend;

CREATE VIEW events AS
SELECT
    strftime('%Y-%m-%d %H:%M:%S', history.time / 1000, 'unixepoch') AS utc,
    history.kind,
    history.amount,
    history.currency,
    friends.name AS friend,
    lower(hex(history.peer)) AS peer,
    lower(hex(history.id)) AS id
FROM history
LEFT JOIN friends ON friends.public_key = history.peer
ORDER BY history.time;

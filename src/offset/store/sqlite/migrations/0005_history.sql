-- Rows of the history have their own number, which never comes again, and are only appended. The ids of invoices (kind 0)
-- and payments (1) that are over have a table of their own, which stays when the history is pruned.
-- meta, row history_pruned: the highest number that was pruned.
DROP VIEW events;
CREATE TABLE old_history AS
    SELECT kind, id, currency, amount, peer, detail, time FROM history ORDER BY time, kind, id;
DROP TABLE history;
CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    peer BLOB NOT NULL,
    detail BLOB NOT NULL,
    time INTEGER NOT NULL
) STRICT;
INSERT INTO history
    SELECT rowid, kind, id, currency, amount, peer, detail, time FROM old_history ORDER BY rowid;
DROP TABLE old_history;

CREATE TABLE used_ids (
    kind INTEGER,
    id BLOB,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO used_ids
    SELECT 0, id FROM history WHERE kind IN ('received', 'withdrawn')
    UNION
    SELECT 1, id FROM history WHERE kind IN ('paid', 'unpaid', 'unproved');
INSERT INTO meta (name, value) VALUES ('history_pruned', 0);

CREATE VIEW events AS
SELECT
    history.number,
    strftime('%Y-%m-%d %H:%M:%S', history.time / 1000, 'unixepoch') AS utc,
    history.kind,
    history.amount,
    history.currency,
    friends.name AS friend,
    lower(hex(history.peer)) AS peer,
    lower(hex(history.id)) AS id
FROM history
LEFT JOIN friends ON friends.public_key = history.peer
ORDER BY history.number;

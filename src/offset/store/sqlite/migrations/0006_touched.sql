-- An invoice that is withdrawn before a part was ever promised for it leaves no trace. In the first formats the lock of
-- the first payer was forgotten when its parts went, so of each invoice of before something may have been promised.
CREATE TABLE old_invoices AS SELECT * FROM invoices;
DROP TABLE invoices;
CREATE TABLE invoices (
    invoice_id BLOB PRIMARY KEY,
    currency TEXT NOT NULL,
    total_dest_payment TEXT NOT NULL,
    dest_plain_lock BLOB NOT NULL,
    src_hashed_lock BLOB,
    others_secret BLOB,
    is_touched INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO invoices
    SELECT invoice_id, currency, total_dest_payment, dest_plain_lock, src_hashed_lock, others_secret, 1
    FROM old_invoices;
DROP TABLE old_invoices;

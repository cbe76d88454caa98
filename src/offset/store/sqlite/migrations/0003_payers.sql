-- What waits for an invoice is among the requests of friends. The first payer has dest_plain_lock and src_hashed_lock;
-- our locks for all further payers are made of others_secret.
-- Without ALTER TABLE: after it, sqlite 3.40 cannot begin its log while it thinks that a table is locked.
CREATE TABLE old_invoices AS
    SELECT invoice_id, currency, total_dest_payment, dest_plain_lock, src_hashed_lock FROM invoices;
DROP TABLE invoices;
CREATE TABLE invoices (
    invoice_id BLOB PRIMARY KEY,
    currency TEXT NOT NULL,
    total_dest_payment TEXT NOT NULL,
    dest_plain_lock BLOB NOT NULL,
    src_hashed_lock BLOB,
    others_secret BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO invoices
    SELECT invoice_id, currency, total_dest_payment, dest_plain_lock, src_hashed_lock, NULL FROM old_invoices;
DROP TABLE old_invoices;

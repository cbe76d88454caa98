-- A part may be lost with its channel; with a commit, nobody can prove then that it was not paid. Whether a commit was
-- made for an old payment is not known, so it counts as made.
CREATE TABLE old_payments AS SELECT * FROM payments;
DROP TABLE payments;
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
    ack_uid BLOB,
    is_promised INTEGER NOT NULL,
    lost TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO payments
    SELECT
        payment_id, invoice_id, currency, total_dest_payment, dest_public_key, src_plain_lock, stage,
        open_transactions, receipt, ack_uid, 1, '[]'
    FROM old_payments;
DROP TABLE old_payments;

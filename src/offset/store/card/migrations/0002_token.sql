-- The token of the program that began it; NULL: the owner did. Its budgets count it.
ALTER TABLE purchases ADD COLUMN token TEXT;
CREATE INDEX purchases_by_token ON purchases (token) WHERE token IS NOT NULL;

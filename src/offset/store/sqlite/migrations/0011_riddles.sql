-- Which collects of friends were perhaps just paid without being paid for, and whether the database was ever restored.
ALTER TABLE strays ADD COLUMN is_last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN is_restored INTEGER NOT NULL DEFAULT 0;

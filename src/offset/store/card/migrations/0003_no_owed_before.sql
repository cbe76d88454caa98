-- That friends owed more afterwards was taken for a proof that a commit had been used, which it is not.
ALTER TABLE sales DROP COLUMN owed_before;

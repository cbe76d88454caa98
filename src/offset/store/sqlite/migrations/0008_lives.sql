-- Move tokens say in their nonces in which life of these books they were signed. Of what is older nothing is known: each
-- friend begins a life at the next start (life 0).
CREATE TABLE node (
    public_key BLOB PRIMARY KEY,
    highest_life INTEGER NOT NULL,
    stopped TEXT
) STRICT, WITHOUT ROWID;
ALTER TABLE friends ADD COLUMN life INTEGER NOT NULL DEFAULT 0;
ALTER TABLE friends ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE friends ADD COLUMN has_told INTEGER NOT NULL DEFAULT 1;
ALTER TABLE friends ADD COLUMN mark TEXT;

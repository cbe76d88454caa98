"""Who can pay whom: index server and index client (spec 04), and how a payer uses their answers."""

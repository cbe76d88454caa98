"""The tables and their columns, and how a record becomes a row, whatever database holds it."""

"""Everything that travels or is written to a file: schemas, messages, signed bytes, files."""

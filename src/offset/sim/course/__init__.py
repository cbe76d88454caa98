"""The course of a run: carrying out acts, coming to rest, and what became of it; smaller runs, sums, pictures."""

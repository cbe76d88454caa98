"""All that a funder keeps in memory, one event being worked on, and the questions that others ask of it."""

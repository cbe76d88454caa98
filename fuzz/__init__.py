"""Fuzzing: hostile bytes for everything that reads bytes of others.

A target is a function of bytes. It returns, in bounded time and memory, or it raises what counts as a finding; the
named errors (PeerFault, UserFault) it catches itself, because they are the right answer to nonsense.

    make fuzz                                             every target for a while, guided by coverage
    .venv/bin/python fuzz/run.py --seconds 60 friend      one of them
    .venv/bin/python fuzz/run.py --plain --seconds 60     without atheris: mutations from a seed

The suite runs a short form (tests/fuzz) and replays all of fuzz/findings.
"""

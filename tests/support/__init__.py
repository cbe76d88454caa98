"""Helpers that several tests share; what only one needs stays with that one."""

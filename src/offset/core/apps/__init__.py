"""Apps of a node: permissions, requests, reports."""

"""Who can pay whom: graph, routes, hash clock, server and client."""

"""Who takes part: nodes, relays, index servers, apps and owners; honest ones, odd ones, and those that break rules."""

"""A rehearsal of losses with real programs on this machine (make recovery-drill)."""

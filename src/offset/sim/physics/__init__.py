"""The virtual world: its clock, network, disks and hosts, decisions from a seed, and what a broken promise is."""

"""A whole network in one process, on a virtual clock, with faults from a seed, and checks after every step."""

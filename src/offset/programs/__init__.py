"""The command lines."""

from offset.programs.streams import open_closed_streams

# Before anything else is loaded: the library of the wire format keeps folders open, and they would get the descriptors.
open_closed_streams()

"""The report of a node, put together of friends that are encoded already: at once a long one takes seconds."""

from __future__ import annotations

from offset.wire.report import FRIEND_REPORT, NODE_REPORT, NodeReport


class AssembledReport:
    """A message of 0.1.11 that grows friend by friend."""

    __slots__ = ("_at", "_friends", "_root")

    def __init__(self, head: NodeReport, friends: int) -> None:
        """`head`: the report without friends. `friends`: how many will be put in."""
        self._root = NODE_REPORT.begin(head)
        self._friends = self._root.funderReport.friends.init("list", friends)
        self._at = 0

    def put(self, friend: bytes) -> None:
        """The next friend: FRIEND_REPORT of our own making."""
        self._friends[self._at] = FRIEND_REPORT.view(friend)
        self._at += 1

    def encode(self) -> bytes:
        """The whole, once every friend was put in."""
        assert self._at == len(self._friends), "a report has all its friends"
        return self._root.to_bytes_packed()  # type: ignore[no-any-return]

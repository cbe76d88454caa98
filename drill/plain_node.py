"""stnode as friends see one of 0.1.11: it says no asides, and hears none. For the scene with an old friend."""

import sys

from offset.base.faults import UnknownVariant
from offset.core.funder.funder import Funder
from offset.engine import node_friends
from offset.programs.stnode import main
from offset.wire.aside import Aside
from offset.wire.friend import FriendMessage


def _hello(_: Funder, __: bytes) -> None:
    return None


def _decode(data: bytes) -> FriendMessage:
    message = _decode_all(data)
    if isinstance(message, Aside):
        raise UnknownVariant("an aside")
    return message


_decode_all = node_friends.decode_friend_message
Funder.hello = _hello  # type: ignore[method-assign, assignment]
node_friends.decode_friend_message = _decode

if __name__ == "__main__":
    sys.exit(main())

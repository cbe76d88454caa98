"""Identities, tickets and cards: who somebody is, and where to find it (spec 01, 7.2)."""

from __future__ import annotations

from offset.base.ids import PUBLIC_KEY_BYTES, PublicKey
from offset.crypto.identity import PRIVATE_KEY_BYTES, Identity
from offset.wire.app import AppPermissions
from offset.wire.codec import Message
from offset.wire.common import RelayAddress
from offset.wire.files.forms import ADDRESS, FLAG, Form, Leaf, Spelling, many, raw


class Ticket(Message):
    """Where a node takes apps, a relay takes nodes, or an index server takes nodes or other servers."""

    public_key: PublicKey
    address: str


class AppTicket(Message):
    """An app that a node trusts, and what it may do."""

    public_key: PublicKey
    permissions: AppPermissions


class FriendFile(Message):
    """A node as its friends know it: its key, and the relays where it listens."""

    public_key: PublicKey
    relays: tuple[RelayAddress, ...]


class RemoteNodeCard(Message):
    """All a wallet needs to use a node far away; holds a secret."""

    node_public_key: PublicKey
    node_address: str
    app_private_key: Identity
    """The app that the node trusts."""


class _IdentityFile(Message):
    private_key: Identity


_SEED_TEXT = raw(PRIVATE_KEY_BYTES)
_KEY = raw(PUBLIC_KEY_BYTES)
_SEED = Leaf(
    lambda value, at: Identity(_SEED_TEXT.read(value, at)),
    lambda identity: _SEED_TEXT.write(identity.private_key()),
)
_CAMEL = Spelling.CAMEL

_IDENTITY = Form("an identity", _IdentityFile, {"private_key": _SEED}, _CAMEL)
_TICKET = Form("a ticket", Ticket, {"public_key": _KEY, "address": ADDRESS}, _CAMEL)
_PERMISSIONS = Form(
    "permissions", AppPermissions, {"routes": FLAG, "buyer": FLAG, "seller": FLAG, "config": FLAG}, _CAMEL
)
_APP_TICKET = Form(
    "the ticket of an app", AppTicket, {"public_key": _KEY, "permissions": _PERMISSIONS}, _CAMEL
)
_RELAY = Form("a relay", RelayAddress, {"public_key": _KEY, "address": ADDRESS}, _CAMEL)
_FRIEND = Form("a friend file", FriendFile, {"public_key": _KEY, "relays": many(_RELAY)}, _CAMEL)
_NODE_CARD = Form(
    "the card of a remote node",
    RemoteNodeCard,
    {"node_public_key": _KEY, "node_address": ADDRESS, "app_private_key": _SEED},
    _CAMEL,
)

# Each pair: text to object, which raises UserFault, and object to text, as it stands in the file.
parse_ticket, format_ticket = _TICKET.parse, _TICKET.format
parse_app_ticket, format_app_ticket = _APP_TICKET.parse, _APP_TICKET.format
parse_friend, format_friend = _FRIEND.parse, _FRIEND.format
parse_node_card, format_node_card = _NODE_CARD.parse, _NODE_CARD.format


def parse_identity(text: str) -> Identity:
    """The identity in a file. Raises UserFault."""
    return _IDENTITY.parse(text).private_key


def format_identity(identity: Identity) -> str:
    """The text of an identity file, which is a secret."""
    return _IDENTITY.format(_IdentityFile(identity))

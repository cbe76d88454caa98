"""Bad days of a node, to be put into the script of a fake one.

node.script[CommitInvoice] = slow(3000)
node.script[AddInvoice] = in_turn(hang_up, follow)
"""

from __future__ import annotations

from offset.base.ids import Conn
from offset.base.instants import Millis
from offset.testing.fake_core import FakeCore, Rule
from offset.testing.rules import RULES
from offset.wire import app
from offset.wire.extension import Extra


def follow(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """Do what the node does on a good day."""
    RULES[type(message.app_request)](node, conn, message)


def refuse(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """Say that the request was processed, and nothing else: how a node of the reference refuses."""
    node.ack(message)


def refuse_because(reason: str) -> Rule:
    """Refuse with a reason, as a node of this program does."""

    def rule(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
        node.tell(conn, app.ReportMutations(message.app_request_id, (), Extra(refusal=reason)))

    return rule


def ignore(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """Say nothing at all."""


def hang_up(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """End the connection in the middle of a request, and do nothing of it."""
    node.hangup(conn)


def follow_and_hang_up(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """Carry the request out, but end the connection before the app hears of it."""
    del node.conns[conn]
    follow(node, conn, message)
    node.hangup(conn)


def slow(delay: Millis, then: Rule = follow) -> Rule:
    """Begin only after a while."""

    def rule(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
        node.after(delay, lambda: then(node, conn, message) if conn in node.conns else None)

    return rule


def in_turn(*rules: Rule) -> Rule:
    """The first request by the first rule, the next by the next one; the last rule stays."""
    left = list(rules)

    def rule(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(node, conn, message)

    return rule

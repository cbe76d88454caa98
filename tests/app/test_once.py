"""The report of a node, once."""

import asyncio

import pytest

from offset.app import CannotConnect, NotTrusted, Ticket
from offset.app.once import report_once
from offset.testing import APP, STRANGER, FakeNode, in_thread, node_report


def test_report() -> None:
    """The report is the one that the node gives, and the connection is over."""
    told = node_report({}, connected=None)
    with in_thread(FakeNode(told)) as fake:
        assert asyncio.run(report_once(fake.ticket, APP)) == told


def test_failures() -> None:
    """A node that does not know the app, or that is not there, is an error."""
    with in_thread(FakeNode()) as fake, pytest.raises(NotTrusted):
        asyncio.run(report_once(fake.ticket, STRANGER))
    with pytest.raises(CannotConnect):
        asyncio.run(report_once(Ticket(fake.ticket.public_key, "127.0.0.1:1"), APP))

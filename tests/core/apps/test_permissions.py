"""Which permission each request needs."""

from typing import get_args

import pytest

from offset.core.apps.permissions import is_allowed, may_see, needed_for, needed_permission
from offset.wire import app
from offset.wire.app import AppPermissions, AppRequest
from offset.wire.extension import HistoryAfter, HistoryBefore, InvoicesAbove, Listing, PaymentsAbove
from offset.wire.index import RequestRoutes

NONE = AppPermissions(routes=False, buyer=False, seller=False, config=False)
NEEDED = {
    RequestRoutes: "routes",
    app.CreatePayment: "buyer",
    app.CreateTransaction: "buyer",
    app.RequestClosePayment: "buyer",
    app.AckClosePayment: "buyer",
    app.AddInvoice: "seller",
    app.CancelInvoice: "seller",
    app.CommitInvoice: "seller",
}
"""All others need "config"."""


def any_request(cls: type[AppRequest]) -> AppRequest:
    """A request of this kind with nothing in it; permissions ask for no more than the kind."""
    return cls(*[None for _ in cls.__struct_fields__])  # type: ignore[return-value]


@pytest.mark.parametrize("cls", get_args(AppRequest))
def test_every_request_needs_one_permission(cls: type[AppRequest]) -> None:
    """With its one permission a request is allowed, with all the others it is not."""
    request = any_request(cls)
    needed = NEEDED.get(cls, "config")
    assert needed_permission(request) == needed
    others = {name: name != needed for name in NONE.__struct_fields__}
    assert not is_allowed(AppPermissions(**others), request)
    assert is_allowed(AppPermissions(**{name: not value for name, value in others.items()}), request)


@pytest.mark.parametrize(
    "listing, sets",
    [
        (PaymentsAbove(b""), [{"buyer"}]),
        (InvoicesAbove(b""), [{"seller"}]),
        (HistoryAfter(0), [{"buyer", "seller"}, {"config"}]),
        (HistoryBefore(0), [{"buyer", "seller"}, {"config"}]),
    ],
)
def test_a_shop_does_not_see_what_its_owner_bought(listing: Listing, sets: list[set[str]]) -> None:
    """Payments are for buyers, invoices for sellers, and the history for who may do both, or configures the node."""
    assert set(needed_for(listing)) == sets[0]
    names = NONE.__struct_fields__
    for number in range(1 << len(names)):
        given = {name for place, name in enumerate(names) if number >> place & 1}
        permissions = AppPermissions(**{name: name in given for name in names})
        assert may_see(permissions, listing) == any(needed <= given for needed in sets)

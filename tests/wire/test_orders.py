"""Orders: what 0.1.11 cannot be asked for, known from everything else that an app says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from offset.base.ids import Uid
from offset.wire.app import (
    APP_PERMISSIONS,
    APP_TO_APP_SERVER,
    AppPermissions,
    AppToAppServer,
    EnableFriend,
)
from offset.wire.extension import (
    PIECE_REQUEST,
    QUERY,
    WELCOME,
    PaymentsAbove,
    PieceRequest,
    Query,
    Welcome,
)
from offset.wire.orders import ORDER, Order, OrderRequest, ResetByProof, Revoke, Succeed
from support.asides import SHOWN

keys = st.binary(min_size=32, max_size=32)
requests: st.SearchStrategy[OrderRequest] = st.one_of(
    st.builds(Succeed, keys, keys, st.booleans()),
    st.builds(Revoke, st.binary(max_size=200)),
    st.builds(ResetByProof, keys, st.binary(min_size=64, max_size=64), st.just(SHOWN)),
)


@given(st.binary(min_size=16, max_size=16), requests)
def test_written_and_read(ack: bytes, request: OrderRequest) -> None:
    """It comes back as it was, and is known as an order."""
    order = Order(Uid(ack), request)
    data = ORDER.encode(order)
    assert ORDER.decode(data) == order
    assert PIECE_REQUEST.decode(data) == PieceRequest(False, is_order=True)


def test_nothing_else_is_an_order() -> None:
    """Neither a request of 0.1.11, nor a query, nor a wish for a piece."""
    others = (
        APP_TO_APP_SERVER.encode(AppToAppServer(Uid(b"\xff" * 16), EnableFriend(b"\xff" * 32))),
        QUERY.encode(Query(Uid(bytes(16)), PaymentsAbove(b""), 0xFFFF)),
        PIECE_REQUEST.encode(PieceRequest(True, is_unneeded=True)),
    )
    assert not any(PIECE_REQUEST.decode(data).is_order for data in others)


def test_the_offer_of_a_node() -> None:
    """An app of 0.1.11 reads the permissions only, and a node of 0.1.11 offers nothing."""
    offer = WELCOME.encode(Welcome(True, False, True, False, False, takes_orders=True))
    assert WELCOME.decode(offer).takes_orders
    assert APP_PERMISSIONS.decode(offer) == AppPermissions(True, False, True, False)
    assert not WELCOME.decode(APP_PERMISSIONS.encode(AppPermissions(True, True, True, True))).takes_orders

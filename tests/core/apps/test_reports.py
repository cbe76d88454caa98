"""The report of a node, kept up to date by its changes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base import base64url
from offset.base.credits import Rate, clamp_amount
from offset.base.faults import PeerFault, UserFault
from offset.core.apps.reports import (
    ReportView,
    balance_of,
    balances,
    changed_friend,
    config_of,
    friend_named,
    new_friend,
)
from offset.testing import FRIEND, INDEX_SERVER, NODE, RELAY, consistent, friend_report, node_report
from offset.wire.app import ReportMutations
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.extension import (
    CreditLine,
    Extra,
    FriendCreditLines,
    LinkDown,
    LinkStatus,
    LinkUp,
    NetworkStatus,
    StatusChange,
)
from offset.wire.index import IndexMutation, RemoveFriendCurrency, UpdateFriendCurrency
from offset.wire.report import (
    AddFriendReport,
    AddIndexServerMutation,
    AddRelayMutation,
    ChangeFriend,
    ChannelConsistent,
    ChannelInconsistent,
    CurrencyConfigReport,
    FriendReport,
    FunderMutation,
    IndexClientMutation,
    McBalanceReport,
    NodeReport,
    NodeReportMutation,
    RemoveCurrencyConfig,
    RemoveFriendMutation,
    RemoveIndexServerMutation,
    RemoveRelayMutation,
    SetChannelStatus,
    SetConnectedServer,
    SetLiveness,
    SetName,
    SetOptLastIncomingMoveToken,
    SetRemoteRelays,
    SetStatus,
    UpdateCurrencyConfig,
)
from support.fields import from_fields
from support.vectors import Case, cases

BOB = FRIEND.public_key
CAROL = b"c" * 32


def _view(**report: Any) -> ReportView:
    return ReportView(node_report(**report))


def _change(view: ReportView, change: Any, key: bytes = BOB) -> FriendReport:
    view.apply(FunderMutation(ChangeFriend(key, change)))
    return view.friends[key]


# Vectors


def _published(friend: FriendReport) -> dict[str, tuple[int, Rate]]:
    """What a node tells the index of a friend (spec 04, 5.4)."""
    if not (friend.status and friend.liveness):
        return {}
    return {
        name: (
            clamp_amount(config.remote_max_debt - balance.balance - balance.remote_pending_debt),
            config.rate,
        )
        for name, balance in balances(friend).items()
        if (config := config_of(friend, name)) is not None and config.is_open
    }


@pytest.mark.parametrize("case", cases("index", "reportedChange"), ids=lambda case: case["what"])
def test_recorded_changes(case: Case) -> None:
    """After a recorded change the report says what the reference then tells the index."""
    key = bytes.fromhex(case["friendPublicKey"])
    before = from_fields("report.capnp", "FriendReport", case["friendReport"])
    mutation = from_fields("report.capnp", "FunderReportMutation", case["mutation"])
    view = _view(friends={key: before})
    view.apply(FunderMutation(mutation))

    old = _published(before)
    new = _published(view.friends[key]) if key in view.friends else {}
    expected: list[IndexMutation] = [
        *[RemoveFriendCurrency(key, name) for name in old if name not in new],
        *[UpdateFriendCurrency(key, name, *value) for name, value in new.items() if value != old.get(name)],
    ]
    told = [from_fields("index.capnp", "IndexMutation", told) for told in case["indexMutations"]]
    assert sorted(map(repr, expected)) == sorted(map(repr, told))


def _messages(kind: str) -> list[Any]:
    recorded = [case for case in cases("capnp", "message") if case["type"] == kind]
    return [from_fields(case["schema"], case["type"], case["fields"]) for case in recorded]


@pytest.mark.parametrize("report", _messages("NodeReport"))
def test_recorded_reports(report: NodeReport) -> None:
    """A whole report comes out as it went in."""
    view = ReportView(report)
    assert view.snapshot() == report
    view.apply(IndexClientMutation(SetConnectedServer(report.index_client_report.opt_connected_server)))
    assert view.snapshot() == report


def test_recorded_mutations() -> None:
    """Every recorded mutation can be applied to a report that has the friend it names."""
    applied = 0
    for message in _messages("AppServerToApp"):
        if not isinstance(message, ReportMutations):
            continue
        for mutation in message.mutations:
            key = getattr(getattr(mutation, "mutation", None), "friend_public_key", BOB)
            is_new = isinstance(mutation.mutation, AddFriendReport)
            removed = isinstance(mutation.mutation, RemoveFriendMutation)
            known = mutation.mutation.public_key if removed else key
            _view(friends={} if is_new else {known: friend_report()}).apply(mutation)
            applied += 1
    assert applied >= 10


# Relays and index servers


def test_relay_is_added_at_the_end() -> None:
    """A new relay comes last; a known key is replaced and moves to the end, as in the node."""
    view = _view()
    other = NamedRelayAddress(CAROL, "b:1", "other")
    again = NamedRelayAddress(RELAY.public_key, "c:1", "new name")
    view.apply(FunderMutation(AddRelayMutation(other)))
    assert list(view.relays.values()) == [RELAY, other]
    view.apply(FunderMutation(AddRelayMutation(again)))
    assert list(view.relays.values()) == [other, again]
    assert view.snapshot().funder_report.relays == (other, again)


def test_relay_is_removed() -> None:
    """A relay goes; that of an unknown key is none, and no fault: nodes tell of those too (spec 05, 2.5)."""
    view = _view()
    view.apply(FunderMutation(RemoveRelayMutation(RELAY.public_key)))
    view.apply(FunderMutation(RemoveRelayMutation(RELAY.public_key)))
    assert view.snapshot().funder_report.relays == ()


def test_index_servers() -> None:
    """Index servers come, are replaced by key and go; the one in use is told apart from them."""
    view = _view()
    other = NamedIndexServerAddress(CAROL, "b:1", "other")
    again = NamedIndexServerAddress(INDEX_SERVER.public_key, "c:1", "new name")
    for mutation in (
        AddIndexServerMutation(other),
        AddIndexServerMutation(again),
        RemoveIndexServerMutation(CAROL),
        RemoveIndexServerMutation(CAROL),
        SetConnectedServer(None),
    ):
        view.apply(IndexClientMutation(mutation))
    report = view.snapshot().index_client_report
    assert (report.index_servers, report.opt_connected_server) == ((again,), None)


# Friends


def test_new_friend() -> None:
    """A friend that was just added is disabled, offline, and nothing is set for it."""
    relays = (RelayAddress(CAROL, "a:1"),)
    added = AddFriendReport(CAROL, "carol", relays, None, ChannelConsistent(()))
    view = _view()
    view.apply(FunderMutation(added))
    friend = view.friends[CAROL]
    assert friend == new_friend(added)
    assert (friend.status, friend.liveness, friend.currency_configs) == (False, False, ())
    assert (friend.name, friend.remote_relays) == ("carol", relays)


@pytest.mark.parametrize(
    "change, field, value",
    [
        (SetName("robert"), "name", "robert"),
        (SetRemoteRelays((RelayAddress(CAROL, "a:1"),)), "remote_relays", (RelayAddress(CAROL, "a:1"),)),
        (SetStatus(False), "status", False),
        (SetLiveness(False), "liveness", False),
        (SetChannelStatus(consistent(EUR=(1, 2, 3))), "channel_status", consistent(EUR=(1, 2, 3))),
        (SetOptLastIncomingMoveToken(None), "opt_last_incoming_move_token", None),
    ],
)
def test_change_of_a_friend(change: Any, field: str, value: Any) -> None:
    """A change sets what it names and leaves the rest, and the report before stays as it was."""
    view = _view()
    before = view.friends[BOB]
    after = _change(view, change)
    assert getattr(after, field) == value
    others = [name for name in FriendReport.__struct_fields__ if name != field]
    assert [getattr(after, name) for name in others] == [getattr(before, name) for name in others]
    assert before == friend_report()


def test_settings_of_a_currency() -> None:
    """Settings are set by currency, keep their place when they change, and can be removed, once or twice."""
    view = _view()
    euro, fst = (CurrencyConfigReport(name, Rate(0, 0), 5, False) for name in ("EUR", "FST"))
    changed = CurrencyConfigReport("EUR", Rate(1, 2), 7, True)
    _change(view, UpdateCurrencyConfig(euro))
    _change(view, UpdateCurrencyConfig(fst))
    assert _change(view, UpdateCurrencyConfig(changed)).currency_configs == (changed, fst)
    assert config_of(view.friends[BOB], "EUR") == changed
    assert _change(view, RemoveCurrencyConfig("EUR")).currency_configs == (fst,)
    assert _change(view, RemoveCurrencyConfig("EUR")).currency_configs == (fst,)
    assert config_of(view.friends[BOB], "EUR") is None


def test_removed_friend() -> None:
    """A removed friend is gone."""
    view = _view()
    view.apply(FunderMutation(RemoveFriendMutation(BOB)))
    assert view.friends == {}


@pytest.mark.parametrize(
    "mutation",
    [
        AddFriendReport(BOB, "bob", (), None, ChannelConsistent(())),
        RemoveFriendMutation(CAROL),
        ChangeFriend(CAROL, SetName("carol")),
    ],
)
def test_out_of_step(mutation: Any) -> None:
    """What cannot be applied is a fault that says so, and leaves the report as it was."""
    view = _view()
    with pytest.raises(PeerFault, match="out of step"):
        view.apply(FunderMutation(mutation))
    assert view.snapshot() == node_report()


def test_report_that_names_somebody_twice() -> None:
    """A report with the same key twice in a list is refused: changes would not fit it."""
    with pytest.raises(PeerFault, match="twice"):
        _view(relays=(RELAY, RELAY))
    with pytest.raises(PeerFault, match="twice"):
        _view(index_servers=(INDEX_SERVER, INDEX_SERVER))


# Laws

_KEYS = st.sampled_from([bytes([number]) * 32 for number in range(4)])
_NAMES = st.sampled_from(["a", "b"])
_CURRENCIES = st.sampled_from(["EUR", "FST"])
_CONFIGS = st.builds(
    CurrencyConfigReport, _CURRENCIES, st.builds(Rate, st.integers(0, 3)), st.integers(0, 9), st.booleans()
)
_FRIEND_CHANGES = st.one_of(
    st.builds(SetName, _NAMES),
    st.builds(SetStatus, st.booleans()),
    st.builds(SetLiveness, st.booleans()),
    st.builds(UpdateCurrencyConfig, _CONFIGS),
    st.builds(RemoveCurrencyConfig, _CURRENCIES),
    st.builds(SetChannelStatus, st.just(consistent(FST=(1, 2, 3)))),
)
_MUTATIONS: st.SearchStrategy[NodeReportMutation] = st.one_of(
    st.builds(
        FunderMutation,
        st.one_of(
            st.builds(AddRelayMutation, st.builds(NamedRelayAddress, _KEYS, _NAMES, _NAMES)),
            st.builds(RemoveRelayMutation, _KEYS),
            st.builds(AddFriendReport, _KEYS, _NAMES, st.just(()), st.none(), st.just(ChannelConsistent(()))),
            st.builds(RemoveFriendMutation, _KEYS),
            st.builds(ChangeFriend, _KEYS, _FRIEND_CHANGES),
        ),
    ),
    st.builds(
        IndexClientMutation,
        st.one_of(
            st.builds(AddIndexServerMutation, st.builds(NamedIndexServerAddress, _KEYS, _NAMES, _NAMES)),
            st.builds(RemoveIndexServerMutation, _KEYS),
            st.builds(SetConnectedServer, st.none() | _KEYS),
        ),
    ),
)


@given(st.lists(_MUTATIONS, max_size=30), st.integers(0, 30))
def test_a_snapshot_is_as_good_as_the_view(mutations: list[NodeReportMutation], at: int) -> None:
    """Whoever starts from a snapshot in the middle comes to the same report, and refuses the same changes."""
    view = _view(friends={})
    late = None
    for number, mutation in enumerate(mutations):
        if number == min(at, len(mutations) - 1):
            late = ReportView(view.snapshot())
        refused = []
        for one in (view, late):
            if one is None:
                continue
            before = one.snapshot()
            try:
                one.apply(mutation)
                refused.append(False)
            except PeerFault:
                refused.append(True)
                assert one.snapshot() == before
        assert len(set(refused)) == 1
    if late is not None:
        assert late.snapshot() == view.snapshot()
    assert view.snapshot() is view.snapshot()


@given(st.lists(_MUTATIONS, max_size=10))
def test_all_at_once(mutations: list[NodeReportMutation]) -> None:
    """Mutations that come together are applied in their order, up to the first that does not fit."""
    one, other = _view(friends={}), _view(friends={})
    with_fault = False
    for mutation in mutations:
        try:
            one.apply(mutation)
        except PeerFault:
            with_fault = True
            break
    if with_fault:
        with pytest.raises(PeerFault):
            other.apply_all(mutations)
    else:
        other.apply_all(mutations)
    assert one.snapshot() == other.snapshot()


# Questions


def test_balances() -> None:
    """Balances are found by currency; none while the channel is inconsistent."""
    friend = friend_report(status=consistent(EUR=(-5, 0, 1), FST=(7, 2, 3)))
    assert balances(friend) == {"EUR": McBalanceReport(-5, 0, 1), "FST": McBalanceReport(7, 2, 3)}
    assert balance_of(friend, "FST") == McBalanceReport(7, 2, 3)
    assert balance_of(friend, "USD") is None
    lost = changed_friend(friend, SetChannelStatus(ChannelInconsistent((), None)))
    assert balances(lost) == {}
    assert balance_of(lost, "FST") is None


def test_friend_by_name() -> None:
    """A friend is found by its name or by its public key, and by the key first, whoever is named like it."""
    friends = {BOB: friend_report("bob"), CAROL: friend_report("carol")}
    assert friend_named(friends, "bob") == BOB
    assert friend_named(friends, base64url.encode(CAROL)) == CAROL
    friends[BOB] = friend_report(base64url.encode(CAROL))
    assert friend_named(friends, base64url.encode(CAROL)) == CAROL
    with pytest.raises(UserFault, match="no friend named 'joe'"):
        friend_named(friends, "joe")
    with pytest.raises(UserFault, match="no friend named"):
        friend_named(friends, base64url.encode(NODE.public_key))


def test_name_that_means_two() -> None:
    """A name that two friends have is refused with both keys, one of which then serves as a name."""
    friends = {BOB: friend_report("bob"), CAROL: friend_report("bob")}
    with pytest.raises(UserFault, match=base64url.encode(CAROL)):
        friend_named(friends, "bob")
    assert friend_named(friends, base64url.encode(CAROL)) == CAROL


def test_what_only_our_nodes_tell() -> None:
    """Lines of known friends and the status are kept, stand in a snapshot, and go with the friend."""
    view = _view()
    assert view.snapshot().opt_extra is None
    lines, status = (CreditLine("FST", 7, True),), NetworkStatus(5, (), ())
    told = (FriendCreditLines(BOB, lines), FriendCreditLines(bytes(32), lines))
    view.take_extra(Extra(told))
    view.take_extra(Extra(opt_status=status))
    view.take_extra(Extra(refusal="no"))
    assert view.snapshot().opt_extra == Extra(told[:1], status)
    late = ReportView(view.snapshot())
    assert (late.credit_lines, late.status) == ({BOB: lines}, status)
    view.apply(FunderMutation(RemoveFriendMutation(BOB)))
    assert view.snapshot().opt_extra == Extra((), status)


def test_a_change_of_the_status_leaves_the_other_links_as_they_are() -> None:
    """Links are replaced by key, those that are gone are dropped, relays and the time are those told last."""
    first, second = (LinkStatus(key, LinkDown("away", None), 1) for key in (BOB, CAROL))
    view = _view()
    view.take_extra(Extra(opt_status=NetworkStatus(5, (), (first, second))))
    up = LinkStatus(CAROL, LinkUp(RelayAddress(bytes(32), "relay:1"), True), 6)
    view.take_extra(Extra(opt_status_change=StatusChange(7, (), (up,), ())))
    assert view.status == NetworkStatus(7, (), (first, up))
    view.take_extra(Extra(opt_status_change=StatusChange(8, (), (), (BOB,))))
    assert view.status == NetworkStatus(8, (), (up,))
    assert view.snapshot().opt_extra == Extra(opt_status=view.status)

"""Whole funders against the recorded conversations of the reference: tests/vectors/token_channel.json.

Each node of ours gets the recorded inputs and random bytes, and must say, order, tell and remember what the reference
did. Where ours differs on purpose the difference stands here, with the defect of the reference (spec 03, 6.2).
"""

from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from offset.base.entropy import Entropy, SeededEntropy
from offset.base.ids import Currency, InvoiceId, PaymentId, PlainLock, PublicKey, RandValue
from offset.core.funder.funder import Funder
from offset.core.funder.records import PaymentStage
from offset.core.funder.state.turn import SetRelays, Turn, UpdateFriend
from offset.crypto.identity import Identity
from offset.crypto.lives import LifeCipher
from offset.crypto.own_locks import OwnLocks
from offset.crypto.signer import Signer
from offset.wire.friend import FRIEND_MESSAGE, FriendMessage, MoveToken, MoveTokenRequest, ResponseOp
from support.fields import from_fields, to_fields
from support.ledger_fields import state_fields
from support.vectors import cases

Json = Any

# Told once per turn instead of once per step inside it (spec 03, 3.10).
SUMMED_UP = ("setChannelStatus", "setOptLastIncomingMoveToken")


class ScriptedEntropy:
    """The random bytes that the reference drew in one step, in its order for each length."""

    def __init__(self) -> None:
        self.drawn: list[bytes] = []
        self.extra: list[int] = []
        self._more = SeededEntropy("more than the reference drew")

    def bytes(self, count: int) -> bytes:
        for place, value in enumerate(self.drawn):
            if len(value) == count:
                return self.drawn.pop(place)
        self.extra.append(count)
        return self._more.bytes(count)


class NoLives(LifeCipher):
    """Nonces are as the reference drew them."""

    def seal(self, life: int, now: int, chance: RandValue) -> RandValue:
        return chance


class DrawnLocks(OwnLocks):
    """Locks are as the reference drew them."""

    def __init__(self, signer: Signer, entropy: ScriptedEntropy) -> None:
        super().__init__(signer)
        self._entropy = entropy

    def dest(self, invoice_id: InvoiceId, total: int, currency: Currency) -> PlainLock:
        return PlainLock(self._entropy.bytes(32))

    others = dest

    def src(
        self, invoice_id: InvoiceId, total: int, currency: Currency, seller: PublicKey, entropy: Entropy
    ) -> PlainLock:
        return PlainLock(entropy.bytes(32))


class Node:
    """A funder of ours in the place of a recorded one."""

    def __init__(self, private_key: str, names: dict[bytes, str]) -> None:
        self.names = names
        self.keys = {name: key for key, name in names.items()}
        self.entropy = ScriptedEntropy()
        self.funder = Funder(Identity(bytes.fromhex(private_key)), self.entropy)
        self.funder._lives = NoLives(self.funder._signer)
        self.funder._locks = DrawnLocks(self.funder._signer, self.entropy)
        self.said: dict[str, MoveToken] = {}
        self.expected: dict[str, Json] = {"friends": {}}

    def take(self, step: Json) -> Turn:
        self.entropy.drawn = [bytes.fromhex(drawn) for drawn in step["drawn"]]
        self.entropy.extra = []
        match step["input"]:
            case {"init": None}:
                return self.funder.start()
            case {"control": fields}:
                return self.funder.control(from_fields("app_server.capnp", "AppRequest", fields))
            case {"online": key}:
                return self.funder.online(bytes.fromhex(key))
            case {"offline": key}:
                return self.funder.offline(bytes.fromhex(key))
            case {"from": name, "bytes": message}:
                return self.funder.friend_message(
                    self.keys[name], FRIEND_MESSAGE.decode(bytes.fromhex(message))
                )
        raise AssertionError(step["input"])

    def align(self, step: Json) -> None:
        """Put the parts of an invoice into the order in which the reference collects: it walks a set."""
        friends = step.get("state", {}).get("friends", {})
        queued = [
            op["requestId"] for friend in friends.values() for op in friend.get("pendingBackwardsOps", ())
        ]
        for invoice_id, lock in self.funder.state.waiting:
            waiting = self.funder.state.waiting._parts[invoice_id][lock]
            parts = {part[1].hex(): part for part in waiting}
            if len(parts) > 1 and set(parts) == set(queued):
                amounts = [(parts[request_id], waiting[parts[request_id]]) for request_id in queued]
                waiting.clear()
                waiting.update(amounts)

    def expect(self, state: Json) -> None:
        """Take in the parts of the recorded state that changed."""
        for part, value in state.items():
            if part == "friends":
                for name, parts in value.items():
                    self.expected["friends"].setdefault(name, {}).update(parts)
            else:
                self.expected[part] = value
        for friend in self.expected["friends"].values():
            for queue in ("pendingBackwardsOps", "pendingRequests", "pendingUserRequests"):
                if "consistent" in friend["channel"]:
                    friend.setdefault(queue, [])
                else:
                    friend.pop(queue, None)


def check_random(node: Node) -> None:
    """Ours draws what the reference drew."""
    assert node.entropy.drawn == []
    assert node.entropy.extra == []


def check_messages(node: Node, turn: Turn, step: Json) -> None:
    """The same messages, but for copies that nobody needs (D26) and tokens asked for earlier (spec 03, 7.4)."""
    ours = {node.names[key]: message for key, message in turn.messages}
    assert len(ours) == len(turn.messages), "one message for each friend"
    for recorded in step["messages"]:
        name = recorded["to"]
        theirs = FRIEND_MESSAGE.decode(bytes.fromhex(recorded["bytes"]))
        if name in ours:
            check_message(ours.pop(name), theirs)
        else:
            assert isinstance(theirs, MoveTokenRequest)
            assert theirs.move_token == node.said[name], "only a copy may be left out"
            assert "online" not in step["input"], "on a new line the last message is repeated"
        if isinstance(theirs, MoveTokenRequest):
            node.said[name] = theirs.move_token
    assert ours == {}


def check_message(ours: FriendMessage, theirs: FriendMessage) -> None:
    if isinstance(theirs, MoveTokenRequest) and isinstance(ours, MoveTokenRequest):
        assert ours.move_token == theirs.move_token
        ops = [op for group in ours.move_token.currencies_operations for op in group.operations]
        wanted_early = len(ops) > 1 or any(isinstance(op, ResponseOp) for op in ops)
        assert ours.token_wanted == (theirs.token_wanted or (ours.token_wanted and wanted_early))
    else:
        assert ours == theirs


def check_told(turn: Turn, step: Json) -> None:
    """Apps are told the same."""
    names: Counter[str] = Counter()
    summed_up: Counter[Any] = Counter()
    for mutation in turn.mutations:
        ((name, fields),) = to_fields("report.capnp", "FunderReportMutation", mutation).items()
        if name == "pkFriendReportMutation":
            ((name, _),) = fields["friendReportMutation"].items()
            summed_up[fields["friendPublicKey"], name] += name in SUMMED_UP
        names[name] += 1
    assert all(count <= 1 for count in summed_up.values())
    recorded: Counter[str] = Counter()
    results = []
    for told in step["toApps"]:
        if "reportMutations" in told:
            recorded.update(told["reportMutations"]["mutations"])
        else:
            results.append(told)
    for name in SUMMED_UP:
        assert names.pop(name, 0) <= recorded.pop(name, 0)
    assert names == recorded
    ours = [to_fields("app_server.capnp", "AppServerToApp", result) for result in turn.results]
    assert sorted(ours, key=str) == sorted(results, key=str)


def check_orders(turn: Turn, step: Json) -> None:
    """The channeler is told the same; new relays of the friend too (D25), and ours when a reset announces them."""
    ours = []
    for order in turn.orders:
        match order:
            case SetRelays():
                ours.append({"setRelays": relays(order.relays)})
            case UpdateFriend():
                ours.append(
                    {
                        "updateFriend": {
                            "friendPublicKey": order.friend.hex(),
                            "friendRelays": relays(order.friend_relays),
                            "localRelays": relays(order.local_relays),
                        }
                    }
                )
            case _:
                raise AssertionError(order)
    told_new_relays = any(
        "setRemoteRelays" in told.get("reportMutations", {}).get("mutations", ()) for told in step["toApps"]
    )
    is_reset = "resetFriendChannel" in step["input"].get("control", {})
    if ours and (told_new_relays or is_reset) and not step["channeler"]:
        assert [next(iter(order)) for order in ours] == ["updateFriend"]
    else:
        assert ours == step["channeler"]


def relays(addresses: Any) -> Json:
    return [to_fields("common.capnp", "RelayAddress", address) for address in addresses]


def check_step(node: Node, step: Json) -> None:
    node.align(step)
    turn = node.take(step)
    check_random(node)
    check_messages(node, turn, step)
    check_told(turn, step)
    check_orders(turn, step)
    node.expect(step.get("state", {}))
    assert state_fields(node.funder.state, node.names) == node.expected


def nodes_of(case: Json) -> dict[str, Node]:
    names = {bytes.fromhex(keys["publicKey"]): name for name, keys in case["nodes"].items()}
    return {name: Node(keys["privateKey"], names) for name, keys in case["nodes"].items()}


def conversation(name: str) -> Json:
    (case,) = [case for case in cases("token_channel", "conversation") if case["name"] == name]
    return case


def play(nodes: dict[str, Node], steps: list[Json]) -> None:
    for place, step in enumerate(steps):
        try:
            check_step(nodes[step["node"]], step)
        except AssertionError as error:
            error.add_note(f"in step {place}, {step['node']}: {step['what']}")
            raise


@pytest.mark.parametrize("name", ["pair", "forward"])
def test_a_conversation_goes_as_recorded(name: str) -> None:
    """Openings, payments, fees, cancellations and relays: the same bytes, orders, results and states."""
    case = conversation(name)
    play(nodes_of(case), case["steps"])


class NodeOfReset(Node):
    """The reference forgets to end a payment of a's that is under way (D16), and to strike parts off invoices (D9)."""

    ENDED_PAYMENT = "32" * 16
    ENDED_REQUEST = "32" * 15 + "00"
    STRUCK_PARTS = (ENDED_REQUEST, "33" * 15 + "00")

    def __init__(self, private_key: str, names: dict[bytes, str]) -> None:
        super().__init__(private_key, names)
        self.was_inconsistent = False
        self.ended: Json = None

    def take(self, step: Json) -> Turn:
        turn = super().take(step)
        (friend,) = self.funder.state.friends.values() or (None,)
        if friend is not None and not friend.channel.is_consistent and not self.was_inconsistent:
            self.was_inconsistent = True
            self._end()
        return turn

    def _end(self) -> None:
        payment = self.funder.state.payments.get(PaymentId(bytes.fromhex(self.ENDED_PAYMENT)))
        if payment is not None and payment.stage is PaymentStage.LOST:
            assert payment.ack_uid is not None
            self.ended = {"canceled": payment.ack_uid.hex()}
            self.entropy.extra.remove(len(payment.ack_uid))

    def expect(self, state: Json) -> None:
        super().expect(state)
        if self.was_inconsistent:
            for invoice in self.expected["openInvoices"].values():
                kept = [part for part in invoice["incomingTransactions"] if part not in self.STRUCK_PARTS]
                invoice["incomingTransactions"] = kept
        if self.ended is not None:
            self.expected["openTransactions"].pop(self.ENDED_REQUEST, None)
            self.expected["payments"][self.ENDED_PAYMENT]["stage"] = self.ended


def test_a_reset_goes_as_recorded() -> None:
    """Terms, refused resets and the good one are as recorded, but for what the reference forgets to end."""
    case = deepcopy(conversation("reset"))
    names = {bytes.fromhex(keys["publicKey"]): name for name, keys in case["nodes"].items()}
    nodes: dict[str, Node] = {
        name: NodeOfReset(keys["privateKey"], names) for name, keys in case["nodes"].items()
    }
    # The reference calls a payment of b's cancelled whose commit was made. Its channel is lost, so the friend may claim
    # it and the seller may still collect: ours tells neither a failure nor an end (spec 03, 3.7).
    (denied,) = [
        step for step in case["steps"] if step["node"] == "b" and "'canceled'" in str(step.get("toApps"))
    ]
    denied["toApps"] = [told for told in denied["toApps"] if "reportMutations" in told]
    (refused,) = [step for step in case["steps"] if "error" in step]
    place = case["steps"].index(refused)
    play(nodes, case["steps"][:place])
    assert [getattr(node, "ended", None) is not None for node in nodes.values()] == [True, False]

    # The holder of the token refuses to hear of an inconsistency; ours takes it and answers (D31).
    node = nodes[refused["node"]]
    turn = node.take(refused)
    ((_, answer),) = turn.messages
    (channel,) = [friend.channel for friend in node.funder.state.friends.values()]
    assert answer == channel.local_terms
    assert channel.remote_terms == FRIEND_MESSAGE.decode(bytes.fromhex(refused["input"]["bytes"]))

    for one in nodes.values():
        assert PaymentStage.LOST in [payment.stage for payment in one.funder.state.payments.values()]

    play(nodes, case["steps"][place + 1 :])

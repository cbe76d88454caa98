"""Break the rules of Offset on purpose, one after another, and see whether the simulator notices each.

Functions are replaced in this process only. Prints which rule found each breach, in which seed, and after how many
seconds of one core; fails if a breach stays unseen for a minute.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from offset.core.apps import pending_requests as askers
from offset.core.dealings import buying, quotas, requests, selling
from offset.core.dealings.effects import Refused, Settled
from offset.core.dealings.records import GuestStage, OwnStage
from offset.core.funder.friend import credit_lines, incoming, liveness, revoking, succession
from offset.core.funder.friend import sender as batch
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger import mutual_credit, reset, token_channel
from offset.core.funder.records import LOST, OWN
from offset.core.funder.roles import buyer, cancelling, mediator, payments, seller
from offset.core.funder.state import past, state, turn
from offset.core.index import client
from offset.engine import capacities as publication
from offset.engine import (
    card,
    node_apps,
    outbox,
    repeats,
    report_pieces,
    token_timeouts,
    told_status,
    withdrawn,
)
from offset.link import keepalive
from offset.sim.cast import errand
from offset.sim.course.run import Outcome
from offset.sim.course.simulation import simulate
from offset.sim.script.changes import PartForGood
from offset.sim.script.errands import draw_with_wallets
from offset.sim.script.faults import Crash
from offset.sim.script.losses import draw_with_losses
from offset.sim.script.plan import draw
from offset.sim.script.scenario import Scenario
from offset.wire.report import UpdateCurrencyConfig

SECONDS_MAX = 60

Patch = tuple[Any, str, Any]


def skip_freeze() -> list[Patch]:
    """A request that a friend sends freezes nothing."""
    receive = mutual_credit.Draft.receive_request

    def broken(self: Any, op: Any, limit: int, elsewhere: int = 0) -> Any:
        before = self.remote_debt
        verdict = receive(self, op, limit, elsewhere)
        self.remote_debt = before
        return verdict

    return [(mutual_credit.Draft, "receive_request", broken)]


def speak_before_commit() -> list[Patch]:
    """What a turn says leaves before its rows are durable: a dropped fsync."""
    put = outbox.Outbox.put

    def broken(self: Any, changes: Any, release: Any) -> Any:
        effects = put(self, changes, lambda: None)
        release()
        return effects

    return [(outbox.Outbox, "put", broken)]


def stale_token() -> list[Patch]:
    """The last message of a friend, said again, is taken for a new one."""
    receive = token_channel.receive

    def broken(channel: Any, message: Any, max_debt: Any) -> Any:
        found = receive(channel, message, max_debt)
        if isinstance(found, token_channel.Duplicate) and channel.incoming is not None:
            return token_channel.Next({}, (), message, channel.incoming)
        return found

    return [(incoming, "receive", broken)]


def forget_cancel() -> list[Patch]:
    """A request that comes to nothing is not cancelled towards the friend it came from."""
    cancel = cancelling.cancel_towards_origin

    def broken(turn: Any, currency: Any, request_id: Any, origin: Any) -> None:
        if origin is OWN:
            cancel(turn, currency, request_id, origin)

    return [(cancelling, "cancel_towards_origin", broken), (batch, "cancel_towards_origin", broken)]


def wrong_currency() -> list[Patch]:
    """The seller takes any currency for its invoice."""
    fits = seller._fits
    return [
        (seller, "_fits", lambda state, invoice, currency, op: fits(state, invoice, invoice.currency, op)),
    ]


def overpay() -> list[Patch]:
    """The seller takes parts beyond what the invoice asks."""
    fits = seller._fits

    def broken(state: Any, invoice: Any, currency: Any, op: Any) -> bool:
        return fits(state, invoice, currency, op) or (op.dest_payment > 0 and currency == invoice.currency)

    return [(seller, "_fits", broken)]


def worthless_parts() -> list[Patch]:
    """A part of nothing is promised like any other."""
    fits = seller._fits

    def broken(state: Any, invoice: Any, currency: Any, op: Any) -> bool:
        return fits(state, invoice, currency, op) or op.dest_payment == 0

    return [(seller, "_fits", broken)]


def free_slots() -> list[Patch]:
    """A mediator passes on what freezes nothing."""
    return [(mediator, "_is_free", lambda passed: False)]


def no_limit() -> list[Patch]:
    """A friend may owe more than it was granted."""
    receive = mutual_credit.Draft.receive_request
    return [
        (
            mutual_credit.Draft,
            "receive_request",
            lambda self, op, limit, *rest: receive(self, op, 2**100, *rest),
        ),
    ]


def generous_mediator() -> list[Patch]:
    """A mediator leaves more for fees than it got."""
    forward = mediator.RequestOp

    def broken(*fields: Any) -> Any:
        return forward(*fields[:-1], fields[-1] + 3)

    return [(mediator, "RequestOp", broken)]


def unnamed_row() -> list[Patch]:
    """A row that is gone is not named to the store."""
    return [(turn.Turn, "dequeue", lambda self, friend, queue, number: friend.take_from_queue(queue, number))]


def forgotten_response() -> list[Patch]:
    """After a restart a node has forgotten the promises that came."""
    restore = state.FunderState._restore_pending
    return [
        (
            state.FunderState,
            "_restore_pending",
            lambda self, record: restore(self, msgspec.structs.replace(record, response=None)),
        )
    ]


def free_collect() -> list[Patch]:
    """The buyer's side does not pay when the seller collects."""
    receive = mutual_credit.Draft.receive_collect

    def broken(self: Any, op: Any) -> Any:
        balance = self.balance
        pending = receive(self, op)
        self.balance = balance
        return pending

    return [(mutual_credit.Draft, "receive_collect", broken)]


def no_token_asked() -> list[Patch]:
    """Nobody asks for the token."""
    return [
        (batch, "_wants_token_back", lambda message: False),
        (batch, "needs_token", lambda turn, friend: False),
    ]


def requests_kept_offline() -> list[Patch]:
    """Requests wait for a friend that went away."""
    return [(liveness, "cancel_queued", lambda turn, friend, queues: None)]


def every_app_may() -> list[Patch]:
    """Any app may ask for anything."""
    return [(node_apps, "is_allowed", lambda permissions, request: True)]


def every_app_sees() -> list[Patch]:
    """Any app may see payments, invoices and history."""
    return [(node_apps, "may_see", lambda permissions, listing: True)]


def worthless_receipt() -> list[Patch]:
    """The receipt shows another lock than the one that was opened."""
    make = buyer._receipt
    return [
        (
            buyer,
            "_receipt",
            lambda *args: msgspec.structs.replace(make(*args), dest_plain_lock=bytes(32)),
        )
    ]


def withdrawn_without_cancel() -> list[Patch]:
    """A withdrawn invoice leaves its parts frozen."""
    return [(seller, "_pending_parts", lambda state, invoice, payer: [])]


def end_untold() -> list[Patch]:
    """The end of a payment whose parts all failed is never told."""
    return [(payments, "_end_without_receipt", lambda turn, payment, stage: turn.put_payment(payment))]


def lost_is_canceled() -> list[Patch]:
    """A part that is lost with its channel counts as a part that failed."""
    return [(cancelling, "transaction_lost", buyer.transaction_failed)]


def no_origin() -> list[Patch]:
    """Requests are passed on without a word about whose they are."""
    return [
        (
            turn.Turn,
            "enqueue",
            _with_lost_origin(turn.Turn.enqueue),
        )
    ]


def _with_lost_origin(enqueue: Callable[..., Any]) -> Callable[..., Any]:
    def broken(self: Any, friend: Any, queue: Any, currency: Any, op: Any, origin: Any = OWN) -> None:
        enqueue(self, friend, queue, currency, op, origin if origin is OWN else LOST)

    return broken


def cancel_with_a_fee() -> list[Patch]:
    """Both sides move a credit when a request is cancelled: their ledgers agree, and are wrong."""

    def taking(act: Callable[..., Any], credits: int) -> Callable[..., Any]:
        def broken(self: Any, op: Any) -> Any:
            found = act(self, op)
            self.balance += credits
            return found

        return broken

    draft = mutual_credit.Draft
    return [
        (draft, "receive_cancel", taking(draft.receive_cancel, -1)),
        (draft, "send_cancel", taking(draft.send_cancel, 1)),
    ]


def modest_claim() -> list[Patch]:
    """The terms of a reset leave out what the friend has frozen."""
    return [(mutual_credit.MutualCredit, "balance_for_reset", lambda self: self.balance)]


def own_terms() -> list[Patch]:
    """Who accepts a friend's terms starts again from its own."""
    restart = reset._restart

    def broken(channel: Any, terms: Any, sign: int) -> Any:
        return restart(channel, terms if sign > 0 else channel.local_terms, 1)

    return [(reset, "_restart", broken)]


def index_untold() -> list[Patch]:
    """A node does not take back what it told the index servers of a friend that is gone."""
    publish = client.IndexClient.set_published

    def broken(self: Any, changes: Any, now: Any) -> Any:
        return publish(self, {key: value for key, value in changes.items() if value is not None}, now)

    return [
        (client.IndexClient, "set_published", broken),
        (client.IndexClient, "doubt", lambda self, pairs: None),
    ]


def removal_forgotten() -> list[Patch]:
    """A node that dies does not remember that it removed a friend and still has to take back what it told of it."""
    return [(withdrawn.Withdrawn, "removed", lambda self, changes: [])]


def index_ignores_debts() -> list[Patch]:
    """A node tells the index servers its limits, as if nobody owed anything."""
    published = publication.published

    def broken(friend: Any) -> Any:
        return {
            name: (friend.configs[name].remote_max_debt, rate)
            for name, (_, rate) in published(friend).items()
        }

    return [(publication, "published", broken)]


def questions_kept() -> list[Patch]:
    """A node remembers for ever which app asked what."""
    return [
        (askers.PendingRequests, "answer", lambda self, question: list(self._by_question.get(question, ())))
    ]


def dead_line_kept() -> list[Patch]:
    """A line whose peer fell silent is never given up."""
    return [
        (keepalive.Keepalive, "is_heartbeat_due", lambda self, now: now >= self._send_at),
        (keepalive.Keepalive, "deadline", lambda self: self._send_at),
    ]


def stranger_on_the_route() -> list[Patch]:
    """A mediator takes for granted that it knows the next node of a route."""
    forward = mediator.forward

    def broken(turn: Any, friend: Any, currency: Any, op: Any) -> None:
        assert turn.state.friends[op.route.public_keys[0]].is_online
        forward(turn, friend, currency, op)

    return [(incoming, "forward", broken)]


def two_tokens() -> list[Patch]:
    """Who speaks keeps the token."""
    make = token_channel.make

    def broken(channel: Any, *args: Any) -> Any:
        message = make(channel, *args)
        channel.outgoing = None
        return message

    return [(batch, "make", broken)]


def unnoted_collect() -> list[Patch]:
    """What was collected is not noted: the invoice could be paid again."""
    note = turn.Turn.note

    def broken(self: Any, kind: Any, *row: Any) -> None:
        if kind != "received":
            note(self, kind, *row)

    return [(turn.Turn, "note", broken)]


def nothing_passed_on() -> list[Patch]:
    """A mediator passes nothing on."""
    return [(mediator, "_next_hop", lambda *_: None)]


def receipt_of_a_part() -> list[Patch]:
    """The receipt of the first part that is collected is kept, whatever it proves."""
    collected = payments.part_collected

    def broken(turn: Any, payment: Any, receipt: Any) -> None:
        collected(turn, payment, receipt if payment.receipt is None else payment.receipt)

    return [(buyer, "part_collected", broken)]


def end_unnoted() -> list[Patch]:
    """The history does not tell of what was paid."""
    return [(payments, "_note", lambda *_: None)]


def never_acknowledged() -> list[Patch]:
    """A node keeps payments that its app knows to have ended."""
    return [(turn.Turn, "drop_payment", lambda self, payment: None)]


def forged_commit_taken() -> list[Patch]:
    """A seller collects without looking at the signature of the commit."""
    return [(seller, "verify_commit", lambda commit, key: True)]


def piece_kept_too_long() -> list[Patch]:
    """A friend that changed is told to the next app as it was when its part of the report was encoded."""
    return [(report_pieces.ReportPieces, "changed", lambda self, friends: None)]


def link_change_untold() -> list[Patch]:
    """Apps are not told of links that went up or down."""
    return [(told_status.ToldStatus, "_next", lambda self, linked: [])]


def change_untold() -> list[Patch]:
    """Apps are not told when a limit is changed."""
    change = turn.Turn.change_friend

    def broken(self: Any, friend: Any, mutation: Any) -> None:
        if not isinstance(mutation, UpdateCurrencyConfig):
            change(self, friend, mutation)

    return [(turn.Turn, "change_friend", broken)]


def lines_not_read() -> list[Patch]:
    """What a friend tells of the credit it grants is not read."""
    return [(credit_lines, "take", lambda *_: None)]


def invoice_opened_twice() -> list[Patch]:
    """An invoice that has ended is forgotten, and can be opened again."""
    close = seller._close

    def broken(turn: Any, invoice: Any, how: str, detail: bytes) -> None:
        close(turn, invoice, how, detail)
        turn.state.used.settled(turn.used_up)
        for key in turn.used_up:
            del turn.changes[key]

    return [(seller, "_close", broken)]


def promise_forgotten() -> list[Patch]:
    """An invoice for which a part was promised is withdrawn as if nobody had touched it."""
    with_lock = seller._with_lock_for

    def broken(turn: Any, invoice: Any, lock: Any) -> Any:
        turn.put_invoice(msgspec.structs.replace(with_lock(turn, invoice, lock), is_touched=False))
        return turn.state.invoices[invoice.invoice_id]

    return [(seller, "_with_lock_for", broken)]


def untouched_noted() -> list[Patch]:
    """An invoice that is withdrawn before anybody touched it leaves a row for ever."""
    put = turn.Turn.put_invoice

    def broken(self: Any, invoice: Any) -> None:
        put(self, msgspec.structs.replace(invoice, is_touched=True))

    return [(turn.Turn, "put_invoice", broken)]


def payment_begun_twice() -> list[Patch]:
    """The id of a payment that ended is taken again."""
    drop = turn.Turn.drop_payment

    def broken(self: Any, payment: Any) -> None:
        drop(self, payment)
        self.state.used.settled(self.used_up)
        for key in self.used_up:
            del self.changes[key]

    return [(turn.Turn, "drop_payment", broken)]


def row_over_a_row() -> list[Patch]:
    """A row of the history takes the place of the one before."""
    note = turn.Turn.note

    def broken(self: Any, *row: Any) -> None:
        self.state.history_number = max(0, self.state.history_number - 1)
        note(self, *row)

    return [(turn.Turn, "note", broken)]


def collect_lost_unnoted() -> list[Patch]:
    """A collect that is lost with the channel of who was to pay for it is not in the history."""
    return [(cancelling, "_note_uncollected", lambda *_: None)]


def reset_unnoted() -> list[Patch]:
    """A reset puts balances below what was claimed, and the history does not say so."""
    note = turn.Turn.note

    def broken(self: Any, kind: Any, *row: Any) -> None:
        if kind is not HistoryKind.CONCEDED:
            note(self, kind, *row)

    return [(turn.Turn, "note", broken)]


def used_when_durable() -> list[Patch]:
    """An id counts as used only when that is durable: what was decided and waits for the disk is not known."""
    return [(past.UsedIds, "add", lambda self, key: None)]


def reset_half_done() -> list[Patch]:
    """When resets of both owners cross, neither gives way."""
    return [(incoming, "is_lower", lambda *_: True)]


def token_always_wanted() -> list[Patch]:
    """Every message asks for the token back, even with nothing more to say."""
    said = batch._said
    return [(batch, "_said", lambda turn, friend, message, wanted: said(turn, friend, message, True))]


def token_kept() -> list[Patch]:
    """What was never said to a friend that keeps the token waits for ever."""
    return [(token_timeouts.TokenTimeouts, "look", lambda self, friends, now: None)]


def copies_at_once() -> list[Patch]:
    """A friend is told the same as often as it asks."""
    say = repeats.Repeats.say

    def broken(self: Any, friend: Any, message: Any, now: Any) -> Any:
        if friend in self._said:
            self._said[friend].again_at = now
        return say(self, friend, message, now)

    return [(repeats.Repeats, "say", broken)]


def mute_server_kept() -> list[Patch]:
    """A node stays with an index server that says nothing any more."""
    return [(client, "INDEX_SILENCE_MS", 10**9), (client, "INDEX_UNANSWERED_MAX", 10**9)]


def letter_before_row() -> list[Patch]:
    """A wallet writes letters and gives orders before its rows are durable."""
    step = card.CardEngine._step

    def broken(self: Any, said: Any) -> Any:
        if said is not None:
            for effect in said.effects:
                self._put(effect)
            said = msgspec.structs.replace(said, effects=[])
        return step(self, said)

    return [(card.CardEngine, "_step", broken)]


def good_once_is_good_always() -> list[Patch]:
    """A request that is good once stays open when a commit for it has come."""
    return [(requests.Requests, "take", lambda self, request_id, ask_id: False)]


def word_of_the_seller() -> list[Patch]:
    """A buyer believes a seller who says that it collects, without the word of its own node."""
    hear = errand.Errand.hear

    def broken(self: Any, news: Any) -> None:
        if isinstance(news, Settled) and self.stage in ("held", "stopping"):
            self._over()
        else:
            hear(self, news)

    return [(errand.Errand, "hear", broken)]


def word_of_who_withdraws() -> list[Patch]:
    """A buyer believes a seller who says that it has withdrawn its invoice, and is free to pay again."""
    hear = errand.Errand.hear

    def broken(self: Any, news: Any) -> None:
        if isinstance(news, Refused) and self.stage == "held":
            self._over()
        else:
            hear(self, news)

    return [(errand.Errand, "hear", broken)]


def commit_said_once() -> list[Patch]:
    """A commit that gets no answer is not said again."""
    wait = buying.Buying._wait

    def broken(self: Any, ask_id: Any, talk: Any, now: int, *, is_closed: bool) -> None:
        if self.rows[ask_id].stage is not OwnStage.DELIVERING:
            wait(self, ask_id, talk, now, is_closed=is_closed)

    return [(buying.Buying, "_wait", broken)]


def sale_forgotten() -> list[Patch]:
    """After a start a seller does not ask its node again to collect, or to withdraw."""
    return [(selling.Selling, "start", lambda self: None)]


def no_shares() -> list[Patch]:
    """Strangers may ask for as many invoices as they like."""
    return [(quotas.Shares, "is_full", lambda self, share: False)]


def trace_of_nothing() -> list[Patch]:
    """A sale for which nothing was ever frozen is kept for ever."""
    remove = selling.Selling._remove

    def broken(self: Any, row: Any) -> None:
        if row.stage is GuestStage.CANCELING:
            self._put(msgspec.structs.replace(row, stage=GuestStage.CANCELED), 0)
        else:
            remove(self, row)

    return [(selling.Selling, "_remove", broken)]


def nothing_handed_over() -> list[Patch]:
    """A new card is offered nothing of what its owner had."""
    balances = succession._balances

    def broken(channel: Any) -> Any:
        return tuple([msgspec.structs.replace(item, balance=0) for item in balances(channel)])

    return [(succession, "_balances", broken)]


def counted_twice() -> list[Patch]:
    """The old card stays a friend, with its balances, when the new one has taken them over."""
    return [(incoming, "took_over", lambda turn, new: None)]


def thief_trusted() -> list[Patch]:
    """A revoked friend stays enabled."""
    return [
        (revoking, "disable", lambda turn, friend: None),
        (succession, "disable", lambda turn, friend: None),
    ]


LOSSES = (nothing_handed_over, counted_twice, thief_trusted)
"""What is broken of what owners do after a loss, and hunted in networks in which they lose something."""

WALLETS = (
    letter_before_row,
    good_once_is_good_always,
    word_of_the_seller,
    word_of_who_withdraws,
    commit_said_once,
    sale_forgotten,
    no_shares,
    trace_of_nothing,
)
"""What is broken of wallets, and hunted in networks whose owners have some."""

BREACHES = (
    skip_freeze,
    speak_before_commit,
    stale_token,
    forget_cancel,
    wrong_currency,
    overpay,
    worthless_parts,
    free_slots,
    no_limit,
    generous_mediator,
    unnamed_row,
    forgotten_response,
    free_collect,
    no_token_asked,
    requests_kept_offline,
    every_app_may,
    worthless_receipt,
    withdrawn_without_cancel,
    end_untold,
    lost_is_canceled,
    no_origin,
    cancel_with_a_fee,
    modest_claim,
    own_terms,
    index_untold,
    removal_forgotten,
    index_ignores_debts,
    questions_kept,
    dead_line_kept,
    stranger_on_the_route,
    two_tokens,
    unnoted_collect,
    nothing_passed_on,
    receipt_of_a_part,
    end_unnoted,
    never_acknowledged,
    forged_commit_taken,
    change_untold,
    lines_not_read,
    invoice_opened_twice,
    reset_half_done,
    token_always_wanted,
    piece_kept_too_long,
    link_change_untold,
    token_kept,
    copies_at_once,
    mute_server_kept,
    promise_forgotten,
    untouched_noted,
    payment_begun_twice,
    row_over_a_row,
    collect_lost_unnoted,
    reset_unnoted,
    used_when_durable,
    every_app_sees,
    *WALLETS,
    *LOSSES,
)

PART_AND_DIE = "part and die"
PART_AND_DIE_MS = 10

NEEDS = {
    "token_kept": {"keeper"},
    "word_of_the_seller": {"lets go"},
    "word_of_who_withdraws": {"denies"},
    "no_shares": {"flood"},
    "copies_at_once": {"nagger"},
    "nothing_handed_over": {"lose key"},
    "counted_twice": {"lose key"},
    "thief_trusted": {"key stolen"},
    "mute_server_kept": {"mute"},
    "index_untold": {"leave", "index"},
    "removal_forgotten": {PART_AND_DIE, "index"},
}
"""The bodies and acts without which a breach does no harm: only seeds that have them are run."""


@contextmanager
def broken(patches: list[Patch]) -> Iterator[None]:
    """Replace these, for a while."""
    before = [(where, name, getattr(where, name)) for where, name, _ in patches]
    for where, name, new in patches:
        setattr(where, name, new)
    try:
        yield
    finally:
        for where, name, old in before:
            setattr(where, name, old)


def words_of(scenario: Scenario) -> set[str]:
    """What is in a scenario, in the words of NEEDS."""
    words = {
        *scenario.hostile.values(),
        *(act.word for act in scenario.acts),
        *(act.kind for act in scenario.acts),
    }
    if scenario.indexes:
        words.add("index")
    partings = [act for act in scenario.acts if isinstance(act, PartForGood)]
    crashes = [act for act in scenario.acts if isinstance(act, Crash)]
    if any(
        crash.node in (parting.left, parting.right) and 0 <= crash.at - parting.at <= PART_AND_DIE_MS
        for parting in partings
        for crash in crashes
    ):
        words.add(PART_AND_DIE)
    return words


def hunt(breach: Callable[[], list[Patch]]) -> tuple[Outcome | None, int, float]:
    """The run in which a promise was broken, which seed that was, and how many seconds of one core it took."""
    began = time.process_time()
    drawer = draw_with_wallets if breach in WALLETS else draw_with_losses if breach in LOSSES else draw
    with broken(breach()):
        for seed in range(10_000):
            scenario = drawer(seed)
            if not NEEDS.get(breach.__name__, set()) <= words_of(scenario):
                continue
            outcome = simulate(scenario)
            spent = time.process_time() - began
            if outcome.violation is not None:
                return outcome, seed, spent
            if spent > SECONDS_MAX:
                break
    return None, seed, spent


def main() -> int:
    """Try all, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these breaches")
    names = parser.parse_args().names
    unseen = 0
    print(f"{'breach':26}{'found by':12}{'seed':>5}{'seconds':>9}")
    for breach in BREACHES:
        if names and breach.__name__ not in names:
            continue
        outcome, seed, spent = hunt(breach)
        unseen += outcome is None or spent > SECONDS_MAX
        rule = "NOT SEEN" if outcome is None else outcome.rule
        print(f"{breach.__name__:26}{rule:12}{seed:5}{spent:9.1f}")
        print(f"    {breach.__doc__}")
        print(f"    {outcome.violation if outcome else '':.180}", flush=True)
    print(
        "selftest: every breach was seen"
        if not unseen
        else f"selftest: {unseen} breaches were not seen in time"
    )
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())

"""The rows of a card's dealings over letters: read at the start, written in groups, and the past looked up.

A letter lies in its cell as it was said; whatever is looked for has a column of its own.

Whoever calls can have questions canceled for which credits were frozen for a moment, as many as it likes. The rows of
those without a commit go with the next one, once they are CANCELED_KEPT_MS old or more than CANCELED_KEPT_MAX: what is
answered without them is as good (docs/MAILBOX.md, "The owner").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from offset.base.ids import Currency, InvoiceId, PublicKey, Uid
from offset.base.instants import Millis
from offset.base.limits import CANCELED_KEPT_MAX, CANCELED_KEPT_MS
from offset.core.dealings.records import (
    ENDED,
    GuestAsk,
    GuestStage,
    OwnAsk,
    OwnStage,
    Request,
    RequestState,
)
from offset.store.sqlite.small import SmallDatabase, SmallReader
from offset.wire.common import COMMIT
from offset.wire.mailbox import AskInvoice, Body, Invoice, Letter, decode_letter, encode_letter
from offset.wire.text_values import ADDRESS

OWN_ASKS, GUEST_ASKS, REQUESTS = "own_asks", "guest_asks", "requests"

DealingKey = tuple[str, Uid]
"""Where a row stands: the table, and the id."""
Dealing = OwnAsk | GuestAsk | Request


class DealingRows(NamedTuple):
    """What is kept in memory: questions that have not ended, and open requests."""

    own_asks: list[OwnAsk]
    guest_asks: list[GuestAsk]
    requests: list[Request]


class DealingsStore:
    """Makes the rows of dealings durable, as a committer of a driver; closing it leaves the books open."""

    def __init__(self, database: SmallDatabase) -> None:
        """`database` are the books of a card."""
        self._database = database
        self._waiting: Mapping[DealingKey, Dealing | None] = {}

    def load(self) -> DealingRows:
        """What is kept in memory. Raises NodeStopped."""
        ended = ", ".join(f"'{stage}'" for stage in ENDED)
        return DealingRows(
            [_own_ask(cells) for cells in self._rows(OWN_ASKS)],
            [_guest_ask(cells) for cells in self._rows(GUEST_ASKS, f"stage NOT IN ({ended}) ORDER BY asked")],
            [
                _request(cells)
                for cells in self._rows(REQUESTS, f"state = '{RequestState.OPEN}' ORDER BY position")
            ],
        )

    def _rows(self, table: str, where: str = "1") -> list[tuple[Any, ...]]:
        return self._database.rows(f"SELECT {', '.join(_COLUMNS[table])} FROM {table} WHERE {where}")

    def write(self, changes: Mapping[DealingKey, Dealing | None]) -> None:
        """Take these changes, to be made durable by `flush`."""
        self._waiting = changes

    def flush(self) -> None:
        """Make them durable, all or none. Raises NodeStopped."""
        with self._database.group():
            for (table, id), row in self._waiting.items():
                key = _COLUMNS[table][0]
                if row is None:
                    self._database.write(f"DELETE FROM {table} WHERE {key} = ?", id)
                else:
                    self._database.write(_PUT[table], *_cells(row))
            canceled = [row.at for row in self._waiting.values() if _is_canceled(row)]
            if canceled:
                self._clear(max(canceled))
        self._waiting = {}

    def _clear(self, unix: Millis) -> None:
        """Remove questions that ended without a commit, by the time of the last one."""
        self._database.write(
            f"DELETE FROM guest_asks WHERE {_CANCELED} AND (at <= ? OR ask_id IN "
            f"(SELECT ask_id FROM guest_asks WHERE {_CANCELED} ORDER BY at DESC LIMIT -1 OFFSET ?))",
            unix - CANCELED_KEPT_MS,
            CANCELED_KEPT_MAX,
        )

    def newest_requests(self, count: int) -> list[Request]:
        """The last ones, newest first. Raises NodeStopped."""
        return [
            _request(cells) for cells in self._rows(REQUESTS, f"1 ORDER BY position DESC LIMIT {int(count)}")
        ]

    def request(self, request_id: Uid) -> Request | None:
        """One of them, in whatever state. Raises NodeStopped."""
        columns = ", ".join(_COLUMNS[REQUESTS])
        found = self._database.rows(f"SELECT {columns} FROM requests WHERE request_id = ?", request_id)
        return _request(found[0]) if found else None

    def close(self) -> None:
        """Leave the books to those that use them."""


class StoredPast:
    """The questions that have ended, and the requests that are not open, over a connection that only reads.

    It is made when something is looked up first: a card that nobody calls needs none.
    """

    def __init__(self, open_reader: Callable[[], SmallReader]) -> None:
        """`open_reader` makes the connection."""
        self._open_reader = open_reader
        self._reader: SmallReader | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _rows(self, statement: str, id: bytes) -> Iterator[tuple[Any, ...]]:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader.rows(statement, id)

    def guest_ask(self, ask_id: Uid) -> GuestAsk | None:
        """The row of this question, if it has ended. Raises NodeStopped."""
        return self._find("ask_id = ?", ask_id)

    def guest_invoice(self, invoice_id: InvoiceId) -> GuestAsk | None:
        """The row with this invoice, if it has ended. Raises NodeStopped."""
        return self._find("invoice_id = ?", invoice_id)

    def request(self, request_id: Uid) -> Request | None:
        """The row of this request, if it is not open. Raises NodeStopped."""
        columns = ", ".join(_COLUMNS[REQUESTS])
        for cells in self._rows(f"SELECT {columns} FROM requests WHERE request_id = ?", request_id):
            row = _request(cells)
            return None if row.state is RequestState.OPEN else row
        return None

    def _find(self, where: str, id: bytes) -> GuestAsk | None:
        columns = ", ".join(_COLUMNS[GUEST_ASKS])
        for cells in self._rows(f"SELECT {columns} FROM {GUEST_ASKS} WHERE {where}", id):
            row = _guest_ask(cells)
            if row.stage in ENDED:
                return row
        return None


_CANCELED = f"stage = '{GuestStage.CANCELED}' AND commit_packed IS NULL"


def _is_canceled(row: Dealing | None) -> TypeGuard[GuestAsk]:
    return isinstance(row, GuestAsk) and row.stage is GuestStage.CANCELED


_COLUMNS = {
    OWN_ASKS: (
        "ask_id",
        "address",
        "letter",
        "stage",
        "ask_until",
        "give_up_until",
        "invoice",
        "commit_packed",
        "is_collected",
        "refused",
        "why",
    ),
    GUEST_ASKS: (
        "ask_id",
        "letter",
        "contact",
        "request_id",
        "stage",
        "asked",
        "currency",
        "amount",
        "note",
        "decimals",
        "invoice_id",
        "invoice",
        "commit_packed",
        "is_touched",
        "is_complete",
        "refused",
        "at",
    ),
    REQUESTS: (
        "request_id",
        "currency",
        "amount",
        "decimals",
        "note",
        "valid_until",
        "is_once",
        "state",
        "taken_by",
    ),
}
_PUT = {
    table: f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
    f"ON CONFLICT ({columns[0]}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns[1:])}"
    for table, columns in _COLUMNS.items()
}


def _cells(row: Dealing) -> tuple[Any, ...]:
    match row:
        case OwnAsk():
            ask = None
            if row.purpose is not None:
                ask = AskInvoice(row.ask_id, row.purpose, row.payer_name, row.opt_reply_to)
            return (
                row.ask_id,
                ADDRESS.encode(row.address),
                _packed(ask),
                row.stage.value,
                row.ask_until,
                row.give_up_until,
                _packed(row.invoice),
                None if row.commit is None else COMMIT.encode(row.commit),
                int(row.is_collected),
                row.refused,
                row.why,
            )
        case GuestAsk():
            return (
                row.ask_id,
                _packed(row.ask),
                row.contact,
                row.request_id,
                row.stage.value,
                row.asked,
                row.currency,
                str(row.amount),
                row.note,
                row.decimals,
                row.invoice_id,
                _packed(row.invoice),
                None if row.commit is None else COMMIT.encode(row.commit),
                int(row.is_touched),
                int(row.is_complete),
                row.refused,
                row.at,
            )
        case Request():
            return (
                row.request_id,
                row.currency,
                None if row.amount is None else str(row.amount),
                row.decimals,
                row.note,
                row.valid_until,
                int(row.is_once),
                row.state.value,
                row.taken_by,
            )


def _own_ask(cells: tuple[Any, ...]) -> OwnAsk:
    ask_id, address, letter, stage, until, give_up_until, invoice, commit, is_collected, refused, why = cells
    ask = None if letter is None else _ask(letter)
    return OwnAsk(
        ask_id=Uid(ask_id),
        address=ADDRESS.decode(address),
        purpose=None if ask is None else ask.purpose,
        payer_name="" if ask is None else ask.payer_name,
        opt_reply_to=None if ask is None else ask.opt_reply_to,
        stage=OwnStage(stage),
        ask_until=until,
        give_up_until=give_up_until,
        invoice=_invoice(invoice),
        commit=None if commit is None else COMMIT.decode(commit),
        is_collected=bool(is_collected),
        refused=refused,
        why=why,
    )


def _guest_ask(cells: tuple[Any, ...]) -> GuestAsk:
    (
        _,
        letter,
        contact,
        request_id,
        stage,
        asked,
        currency,
        amount,
        note,
        decimals,
        _,
        invoice,
        commit,
        is_touched,
        is_complete,
        refused,
        at,
    ) = cells
    return GuestAsk(
        ask=_ask(letter),
        contact=None if contact is None else PublicKey(contact),
        request_id=Uid(request_id),
        stage=GuestStage(stage),
        asked=asked,
        currency=Currency(currency),
        amount=int(amount),
        note=note,
        decimals=decimals,
        invoice=_invoice(invoice),
        commit=None if commit is None else COMMIT.decode(commit),
        is_touched=bool(is_touched),
        is_complete=bool(is_complete),
        refused=refused,
        at=at,
    )


def _request(cells: tuple[Any, ...]) -> Request:
    request_id, currency, amount, decimals, note, valid_until, is_once, state, taken_by = cells
    return Request(
        request_id=Uid(request_id),
        currency=Currency(currency),
        amount=None if amount is None else int(amount),
        decimals=decimals,
        note=note,
        valid_until=valid_until,
        is_once=bool(is_once),
        state=RequestState(state),
        taken_by=None if taken_by is None else Uid(taken_by),
    )


def _packed(body: Body | None) -> bytes | None:
    return None if body is None else encode_letter(1, 0, body)


def _body(packed: bytes) -> Body:
    letter = decode_letter(packed)
    assert isinstance(letter, Letter), "it was written by this version"
    return letter.body


def _ask(packed: bytes) -> AskInvoice:
    body = _body(packed)
    assert isinstance(body, AskInvoice), "nothing else is in this column"
    return body


def _invoice(packed: bytes | None) -> Invoice | None:
    if packed is None:
        return None
    body = _body(packed)
    assert isinstance(body, Invoice), "nothing else is in this column"
    return body

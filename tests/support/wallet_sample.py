"""Made-up cards, friends and payments for the page, in the very classes with which the wallet answers."""

from __future__ import annotations

import base64
import hashlib
import random
from datetime import UTC, datetime, timedelta

import msgspec

from offset.wallet.values import cards, friends, history, payments, session, texts, tokens
from offset.wallet.values.problems import Remedy

START = datetime(2026, 11, 29, 14, 5, tzinfo=UTC)
UP = cards.Reach(state="up")
CURRENCIES = (
    session.CurrencyView(currency="FST", decimals=2, label="FST", smallest="100", is_used=True),
    session.CurrencyView(currency="hours", decimals=0, label="h", smallest="1", is_used=True),
)
TOKENS = (
    tokens.Token(
        id="till",
        name="Market stall",
        rights=("see", "receive"),
        cards=("home",),
        budgets=(),
        expires=None,
        made=START,
        seen=START,
    ),
    tokens.Token(
        id="pump",
        name="Bicycle pump",
        rights=("pay",),
        cards=None,
        budgets=(
            tokens.BudgetLeft(
                card="home", currency="FST", amount="2000", period="week", most="500", left="1500"
            ),
            tokens.BudgetLeft(card="home", currency="hours", amount="3", period="ever", most=None, left=None),
        ),
        expires=START + timedelta(days=365),
        made=START,
        seen=None,
    ),
)
NAMES = [
    "Aaron",
    "Bea",
    "Carl",
    "Dita",
    "Eric",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "June",
    "Karl",
    "Lena",
    "Max",
    "Nora",
    "Otis",
    "Paula",
    "Quin",
    "Rosa",
    "Sam",
    "Tess",
]


SECRET = f"offset_{'k7F3qx2mZa' * 4}"


def token(wish: tokens.NewToken) -> tokens.Token:
    """What is made of a wish; nothing of its budgets is spent yet."""
    budgets = tuple(
        tokens.BudgetLeft(**msgspec.structs.asdict(budget), left=budget.amount) for budget in wish.budgets
    )
    return tokens.Token(
        id="new",
        name=wish.name,
        rights=wish.rights,
        cards=wish.cards,
        budgets=budgets,
        expires=wish.expires,
        made=START,
        seen=None,
    )


def key(name: str) -> str:
    """A public key that belongs to a name."""
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")


def invoice_id(name: str) -> str:
    """An id of 32 bytes."""
    return key(f"invoice {name}")


def line(
    currency: str, balance: int, may_owe: int, they_let: int | None, **more: object
) -> friends.CurrencyLine:
    """One currency with a friend, limits and balance in credits."""
    fields: dict[str, object] = {
        "state": "active",
        "held_out": "0",
        "held_in": "0",
        "is_open": True,
        "is_open_there": True,
        "rate": friends.RateValue(),
    }
    return friends.CurrencyLine(
        currency=currency,
        balance=str(balance),
        may_owe=str(may_owe),
        may_owe_them=None if they_let is None else str(they_let),
        can_send=None if they_let is None else str(max(0, they_let + balance)),
        can_take=str(max(0, may_owe - balance)),
        **fields | more,  # type: ignore[arg-type]
    )


def friend(name: str, *lines: friends.CurrencyLine, **more: object) -> friends.Friend:
    """A friend; open, unless `more` says something else."""
    fields: dict[str, object] = {
        "is_enabled": True,
        "is_online": True,
        "reach": UP,
        "books": None,
        "has_proof": True,
    }
    place = friends.RelayPlace(key=key("relay"), address="relay.example:1337")
    return friends.Friend(key=key(name), name=name, relays=(place,), currencies=lines, **fields | more)  # type: ignore[arg-type]


def few_friends() -> list[friends.Friend]:
    """Six friends, each in another state."""
    away = cards.Reach(
        state="down", why="Its relay says that nobody listens there.", retry=START + timedelta(minutes=4)
    )
    off = cards.Reach(state="off")
    books = friends.Books(
        lines=(friends.TermsLine(currency="FST", ours="5000", theirs="3800", signed="5000", cost="1200"),),
        terms="terms-of-frank",
    )
    return [
        friend("Dana", line("FST", 6000, 10000, 8000), line("hours", 3, 20, 20)),
        friend("Bert", line("FST", -2500, 5000, 6000, held_out="2020"), line("hours", -1, 10, 10)),
        friend("Cleo", line("FST", 1000, 8000, 4000, is_open=False), is_online=False, reach=away),
        friend("Emil", line("FST", -500, 4000, None)),
        friend(
            "Greta", line("FST", 0, 2500, 0, state="waiting"), is_enabled=False, is_online=False, reach=off
        ),
        friend(
            "Frank", is_online=False, books=books, reach=cards.Reach(state="down", why="The books differ.")
        ),
    ]


def many_friends(count: int) -> list[friends.Friend]:
    """As many as anybody may have."""
    dice = random.Random(7)
    return [
        friend(
            f"{NAMES[number % len(NAMES)]} {number + 1}",
            line("FST", dice.randrange(-4000, 6000), 10000, 8000),
            is_online=dice.random() < 0.8,
        )
        for number in range(count)
    ]


def view(amount: int, seller: str, note: str = "", **more: object) -> texts.InvoiceView:
    """An invoice of somebody."""
    fields: dict[str, object] = {
        "seller_name": None,
        "decimals": 2,
        "is_checked": False,
        "is_own": False,
        "until": None,
    }
    return texts.InvoiceView(
        id=invoice_id(note + seller),
        currency="FST",
        amount=str(amount),
        seller=key(seller),
        note=note,
        **fields | more,  # type: ignore[arg-type]
    )


def quote(invoice: texts.InvoiceView, fees: int, **more: object) -> payments.Quote:
    """What it would cost."""
    fields: dict[str, object] = {
        "asks_again": False,
        "routes": 1,
        "over": (key("Dana"),),
        "most": "7500",
        "why": None,
        "earlier": (),
    }
    total = str(int(invoice.amount) + fees)
    return payments.Quote(invoice=invoice, fees=str(fees), total=total, **fields | more)  # type: ignore[arg-type]


def no_quote(invoice: texts.InvoiceView, why: payments.Why) -> payments.Quote:
    """It cannot be paid."""
    return payments.Quote(
        invoice=invoice,
        fees=None,
        total=None,
        asks_again=False,
        routes=0,
        over=(),
        most=why.most,
        why=why,
        earlier=(),
    )


SHORT = payments.Why(
    kind="own-lines",
    sentence="Your friends let less pass than this.",
    most="17500",
    is_at_least=True,
    remedies=(
        Remedy(action="ask-friend", friend=key("Dana"), currency="FST", amount="6500"),
        Remedy(action="pay-less", amount="17500", currency="FST"),
        Remedy(action="try-again"),
    ),
)
NOBODY = payments.Why(
    kind="no-server",
    sentence="No index server is set, so nobody can be asked for a way.",
    remedies=(Remedy(action="add-server"),),
)


def purchase(tag: str, stage: str, invoice: texts.InvoiceView, **more: object) -> payments.Purchase:
    """A payment that one makes."""
    fields: dict[str, object] = {
        "name": "",
        "note": "",
        "fees_max": "20",
        "fees": None,
        "why": None,
        "quote": None,
        "held": (),
        "has_commit": stage in ("held", "delivered"),
        "has_receipt": stage == "done",
        "made": START,
        "changed": START,
    }
    return payments.Purchase(id=key(tag)[:22], stage=stage, invoice=invoice, **fields | more)  # type: ignore[arg-type]


def sale(name: str, stage: str, amount: int, note: str, **more: object) -> payments.Sale:
    """A payment that one asks for."""
    fields: dict[str, object] = {"most": "9000", "frozen": "0", "why": None, "made": START, "changed": START}
    return payments.Sale(
        id=invoice_id(name),
        stage=stage,
        currency="FST",
        amount=str(amount),
        note=note,
        text=f"offset:i1/{key(name) * 3}".lower().replace("-", "a").replace("_", "b"),
        file='{"invoice": "sample"}',
        **fields | more,  # type: ignore[arg-type]
    )


def rows(count: int) -> list[history.HistoryRow]:
    """A history of that many rows, oldest first."""
    dice = random.Random(3)
    total = 0
    made = []
    notes = (
        "Lunch",
        "Bread and rolls",
        "Bicycle repair",
        "Eggs",
        "Garden work",
        "Piano lesson",
        "Cinema",
        "",
    )
    for number in range(count):
        cause = dice.choice(("paid", "paid", "received", "received", "passing"))
        size = dice.randrange(2, 60) * 50
        delta = {"paid": -size, "received": size, "passing": 2}[cause]
        if total + delta > 9000 or total + delta < -6000:
            cause, delta = ("paid", -size) if total > 0 else ("received", size)
        total += delta
        who = dice.choice(("Dana", "Bert", "Cleo", "Emil"))
        made.append(
            history.HistoryRow(
                id=number + 1,
                at=START - timedelta(hours=7 * (count - number)),
                cause=cause,
                currency="FST",  # type: ignore[arg-type]
                friend=key(who),
                friend_name=who,
                delta=str(delta),
                balance=str(total // 3),
                total=str(total),
                fees="20" if cause == "paid" else "2" if cause == "passing" else None,
                name="Bob's bakery" if cause == "paid" else "",
                note="" if cause == "passing" else dice.choice(notes),
                purchase=None,
                sale=None,
            )
        )
    return made


def points(some: list[history.HistoryRow]) -> list[history.ChartPoint]:
    """The balance at the end of each day."""
    days = {row.at.date().isoformat(): row.total for row in some}
    return [history.ChartPoint(day=day, balance=total) for day, total in days.items()]


def standing() -> cards.Standing:
    """Two relays and two index servers."""
    lost = cards.Reach(state="trying", why="Connection refused.", retry=START + timedelta(seconds=20))
    return cards.Standing(
        relays=(
            cards.ServerEntry(
                key=key("relay"), name="Garden", address="relay.example:1337", is_own=True, reach=UP
            ),
            cards.ServerEntry(
                key=key("relay 2"), name="Library", address="relay2.example:1337", is_own=True, reach=lost
            ),
        ),
        servers=(
            cards.ServerEntry(
                key=key("index"), name="Town", address="index.example:1338", is_own=True, reach=UP
            ),
        ),
        links=(),
    )


def own_cards(sums: tuple[cards.CardSum, ...]) -> list[cards.Card]:
    """A card made here, and one of a node elsewhere."""
    local = cards.Card(
        id="home",
        kind="local",
        name="Garden circle",
        state="open",
        why=None,
        retry=None,
        public_key=key("me"),
        address=None,
        app_ticket=None,
        rights=("routes", "buyer", "seller", "config"),
        tells=True,
        sums=sums,
    )
    shop = cards.Card(
        id="shop",
        kind="remote",
        name="Shop",
        state="away",
        why="The node does not answer.",
        retry=START + timedelta(seconds=30),
        public_key=key("shop"),
        address="192.0.2.7:20000",
        app_ticket=None,
        rights=(),
        tells=False,
        sums=(cards.CardSum(currency="FST", balance="120000", held_out="0", held_in="0"),),
    )
    return [local, shop]

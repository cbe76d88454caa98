"""Addresses and requests of the made-up wallet: what its owner has, and what it was given of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from offset.wallet.values import payments, requests, texts
from offset.wallet.values.problems import Remedy
from support import wallet_sample as sample

if TYPE_CHECKING:
    from support.fake_wallet import World

CODE = "abcdefgh"
RELAYS = (requests.RelayPlace(key=sample.key("relay 1"), address="relay1.example:1337"),)
CLOSED = payments.Why(
    kind="closed",
    sentence="The wallet of whoever is to be paid is closed: ask its owner to open it. It is asked again by itself.",
)
NEVER_OPENED = payments.Why(
    kind="closed",
    sentence="The wallet of whoever is to be paid did not answer: ask its owner to open it.",
    remedies=(Remedy(action="try-again"),),
)
LUNCH = texts.RequestView(
    id=sample.key("lunch")[:22],
    to=texts.AddressView(key=sample.key("bakery"), label="Bob's bakery", relays=RELAYS, is_own=False),
    currency="FST",
    amount="2000",
    decimals=2,
    note="Lunch",
    until=None,
)


def address() -> requests.Address:
    """The address of the card."""
    return requests.Address(
        text=f"offset:a1/{CODE * 20}", key=sample.key("mailbox"), label="Eva", relays=RELAYS, open_to="anyone"
    )


def request(name: str, stage: str, amount: int | None, note: str, **more: Any) -> requests.Request:
    """Something that the owner asks for."""
    fields: dict[str, Any] = {"is_once": True, "until": None, "most": "9000", "is_paid": False, "sales": ()}
    return requests.Request(
        id=sample.key(name)[:22],
        stage=stage,  # type: ignore[arg-type]
        text=f"offset:r1/{CODE * 30}",
        currency="FST",
        amount=None if amount is None else str(amount),
        note=note,
        **fields | more,
    )


def own_requests() -> dict[str, requests.Request]:
    """By a short name: each way in which one can stand."""

    def sold(name: str, stage: str, amount: int, payer: str) -> payments.Sale:
        return sample.sale(name, stage, amount, "", payer=payer, request="some", is_asked=True)

    gifts = (sold("gift 3", "committed", 500, ""), sold("gift 2", "collected", 1500, "Ann"))
    return {
        "request open": request("r open", "open", 2000, "Lunch"),
        "request always": request(
            "r always", "open", None, "Gifts", is_once=False, is_paid=True, sales=gifts
        ),
        "request paid": request(
            "r paid", "taken", 2000, "Lunch", is_paid=True, sales=(sold("lunch", "collected", 2000, "Ann"),)
        ),
        "request taken": request(
            "r taken", "taken", 2000, "Lunch", sales=(sold("tea", "committed", 2000, ""),)
        ),
        "request closed": request("r closed", "closed", 800, "Seeds"),
    }


def own_purchases() -> dict[str, payments.Purchase]:
    """Payments whose price was asked for, or is."""
    bakery = sample.view(2000, "bakery asked", "Lunch")
    more: dict[str, Any] = {"asked": "request", "name": "Bob's bakery"}
    return {
        "asking": sample.purchase("asking", "asking", bakery, **more),
        "asking-closed": sample.purchase("asking closed", "asking", bakery, why=CLOSED, **more),
        "asked-priced": sample.purchase(
            "asked priced", "priced", bakery, quote=sample.quote(bakery, 20), **more
        ),
        "asked-held": sample.purchase("asked held", "held", bakery, **more),
        "delivered": sample.purchase("delivered", "delivered", bakery, **more),
    }


def readable() -> dict[str, texts.ReadAnswer]:
    """Texts of others."""
    hint = "The address of a wallet that can be paid."
    made = texts.ReadAnswer(
        kind="address", text="offset:a1/bakery", file=None, can=("pay",), hint=hint, address=LUNCH.to
    )
    asked = texts.ReadAnswer(
        kind="request", text="offset:r1/lunch", file=None, can=("pay",), hint="Somebody asks.", request=LUNCH
    )
    return {"offset:a1/bakery": made, "offset:r1/lunch": asked}


def of_letters(world: World, method: str, rest: list[str], body: Any) -> Any:
    """What the wallet says of addresses and requests; None if it is about something else."""
    match method, rest:
        case "GET", ["address"]:
            return world.address
        case "PATCH", ["address"] if world.address is not None:
            world.address = msgspec.structs.replace(world.address, **body)
            return world.address
        case "GET", ["requests"]:
            return list(world.requests.values()) if world.held else []
        case "POST", ["requests"]:
            amount = None if body.get("amount") is None else int(body["amount"])
            made = request("new", "open", amount, body["note"], is_once=body["is_once"])
            world.requests[made.id] = made
            return made
        case "GET", ["requests", one]:
            return world.requests[one]
        case "POST", ["requests", one, "close"]:
            world.requests[one] = msgspec.structs.replace(world.requests[one], stage="closed")
            return world.requests[one]
        case "POST", ["purchases"] if (to := world.readable[body["to"].strip().lower()]).invoice is None:
            amount = body.get("amount") or (to.request.amount if to.request else None)
            asked = sample.view(int(amount or 0), "bakery asked", body.get("note") or "Lunch")
            label = (to.request.to if to.request else LUNCH.to).label
            made = sample.purchase(
                f"new asked {len(world.purchases)}",
                "asking",
                asked,
                asked=to.kind,
                name=body.get("name") or label,
            )
            return world.purchases.setdefault(made.id, made)
    return None

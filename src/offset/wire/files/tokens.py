"""The last token of a friend: its signed proof of all balances (spec 01, 7.3)."""

from __future__ import annotations

from offset.base.ids import HASH_BYTES, PUBLIC_KEY_BYTES, RAND_VALUE_BYTES, SIGNATURE_BYTES
from offset.wire.files.forms import AMOUNT, BALANCE, COUNTER, CURRENCY, Form, Spelling, many, raw
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)

_SNAKE = Spelling.SNAKE
_KEY = raw(PUBLIC_KEY_BYTES)

_BALANCE_INFO = Form(
    "balances",
    BalanceInfo,
    {"balance": BALANCE, "local_pending_debt": AMOUNT, "remote_pending_debt": AMOUNT},
    _SNAKE,
)
_CURRENCY_BALANCE = Form(
    "balances of a currency",
    CurrencyBalanceInfo,
    {"currency": CURRENCY, "balance_info": _BALANCE_INFO},
    _SNAKE,
)
_MC = Form(
    "mutual credits",
    McInfo,
    # The balances keep their order: it was signed.
    {"local_public_key": _KEY, "remote_public_key": _KEY, "balances": many(_CURRENCY_BALANCE)},
    _SNAKE,
)
_COUNTERS = Form(
    "counters",
    CountersInfo,
    # One is a number, the other a text.
    {"inconsistency_counter": COUNTER, "move_token_counter": AMOUNT},
    _SNAKE,
)
_TOKEN_INFO = Form("what a token says", TokenInfo, {"mc": _MC, "counters": _COUNTERS}, _SNAKE)
_TOKEN = Form(
    "a token",
    MoveTokenHashedReport,
    {
        "prefix_hash": raw(HASH_BYTES),
        "rand_nonce": raw(RAND_VALUE_BYTES),
        "new_token": raw(SIGNATURE_BYTES),
        "token_info": _TOKEN_INFO,
    },
    _SNAKE,
)

# Text to object, which raises UserFault, and object to text, as it stands in the file.
parse_token, format_token = _TOKEN.parse, _TOKEN.format

"""What two friends agreed on: who may speak, the balances, and terms when the ledgers disagree (spec 03, 2.1)."""

from __future__ import annotations

from offset.base.ids import Currency, PublicKey, Signature
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.records import ChannelRecord
from offset.crypto.public_keys import is_lower
from offset.wire.friend import MoveToken, ResetTerms
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)
from offset.wire.signing import initial_move_token, initial_token_info, move_token_prefix_hash


class Channel:
    """One token channel. `outgoing` is None while we hold the token; `local_terms` mean inconsistent."""

    __slots__ = (
        "credits",
        "former_terms",
        "incoming",
        "inconsistency_counter",
        "local",
        "local_currencies",
        "local_terms",
        "move_token_counter",
        "outgoing",
        "remote",
        "remote_currencies",
        "remote_terms",
        "reset_wish",
    )

    def __init__(self, local: PublicKey, remote: PublicKey) -> None:
        """A new channel: both sides know its first move token without talking (spec 03, 2.2)."""
        self.local, self.remote = local, remote
        self.credits: dict[Currency, MutualCredit] = {}
        self.local_currencies: tuple[Currency, ...] = ()
        self.remote_currencies: tuple[Currency, ...] = ()
        self.inconsistency_counter = 0
        self.move_token_counter = 0
        self.local_terms: ResetTerms | None = None
        self.remote_terms: ResetTerms | None = None
        self.reset_wish: Signature | None = None
        self.former_terms: ResetTerms | None = None
        first = initial_move_token(local, remote)
        self.outgoing: MoveToken | None = first if is_lower(local, remote) else None
        self.incoming: MoveTokenHashedReport | None = (
            None if self.outgoing else hashed(first, initial_token_info(local, remote))
        )

    @property
    def is_consistent(self) -> bool:
        """Whether both ledgers agree, as far as we know."""
        return self.local_terms is None

    def token_info(self) -> TokenInfo:
        """What we agreed on last, as we see it."""
        return self.info_with({name: credit.info() for name, credit in self.credits.items()}, 0)

    def info_with(self, balances: dict[Currency, BalanceInfo], ahead: int) -> TokenInfo:
        """What both would agree on `ahead` messages from now, with these balances."""
        # Code points and UTF-8 bytes sort alike.
        listed = tuple([CurrencyBalanceInfo(name, balances[name]) for name in sorted(balances)])
        counters = CountersInfo(self.inconsistency_counter, self.move_token_counter + ahead)
        return TokenInfo(McInfo(self.local, self.remote, listed), counters)

    def record(self) -> ChannelRecord:
        """The row of this channel."""
        return ChannelRecord(
            self.remote,
            self.outgoing,
            self.incoming,
            self.inconsistency_counter,
            self.move_token_counter,
            self.local_currencies,
            self.remote_currencies,
            self.local_terms,
            self.remote_terms,
            self.reset_wish,
            self.former_terms,
        )


def hashed(message: MoveToken, info: TokenInfo) -> MoveTokenHashedReport:
    """The short form of a move token that proves its balances. `info` as its sender sees it."""
    return MoveTokenHashedReport(move_token_prefix_hash(message), info, message.rand_nonce, message.new_token)

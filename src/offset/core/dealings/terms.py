"""What our mailbox answers with an invoice: to whom, in which currencies, from which amount on."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from offset.base.credits import Amount
from offset.base.ids import Currency
from offset.core.dealings.records import OpenTo
from offset.wire.mailbox import Refusal, RefusalCode


class CurrencyTerms(msgspec.Struct, frozen=True):
    """What holds for one currency."""

    decimals: int | None = None
    """Digits behind the point, as an invoice says them; None: it says none."""
    least: Amount = Amount(1)
    """In whole credits: less is not asked for."""


class Terms(msgspec.Struct, frozen=True):
    """The terms of a mailbox. Without any it answers nobody."""

    open_to: OpenTo = OpenTo.ANYONE
    currencies: Mapping[Currency, CurrencyTerms] = {}

    def admits(self, *, is_request: bool) -> bool:
        """Whether a stranger may ask, for a request or for what it chooses itself."""
        return self.open_to is OpenTo.ANYONE or (is_request and self.open_to is OpenTo.REQUESTS)

    def decimals(self, currency: Currency) -> int | None:
        """The decimals that an invoice in this currency says."""
        terms = self.currencies.get(currency)
        return None if terms is None else terms.decimals

    def refusal(self, currency: Currency, amount: Amount) -> Refusal | None:
        """Why no invoice is made for this amount, if none is."""
        terms = self.currencies.get(currency)
        if terms is None:
            return Refusal(RefusalCode.NO_SUCH_CURRENCY)
        return Refusal(RefusalCode.TOO_LITTLE) if amount < terms.least else None

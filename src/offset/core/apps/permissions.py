"""What an app may ask for (spec 05, 2.4)."""

from __future__ import annotations

from offset.wire.app import (
    AckClosePayment,
    AddInvoice,
    AppPermissions,
    AppRequest,
    CancelInvoice,
    CommitInvoice,
    CreatePayment,
    CreateTransaction,
    RequestClosePayment,
)
from offset.wire.extension import (
    FoundAbove,
    HistoryAfter,
    HistoryBefore,
    InvoicesAbove,
    Listing,
    PaymentsAbove,
    RecoveryAbove,
)
from offset.wire.index import RequestRoutes
from offset.wire.orders import OrderRequest

_BUYER = (CreatePayment, CreateTransaction, RequestClosePayment, AckClosePayment)
_SELLER = (AddInvoice, CancelInvoice, CommitInvoice)


def needed_permission(request: AppRequest | OrderRequest) -> str:
    """The permission that a request needs: routes, buyer, seller, or config for everything else."""
    if isinstance(request, RequestRoutes):
        return "routes"
    if isinstance(request, _BUYER):
        return "buyer"
    if isinstance(request, _SELLER):
        return "seller"
    return "config"


def needed_for(listing: Listing) -> tuple[str, ...]:
    """The permissions that a query needs, all of them. The history has both sides; `config` will do for it too."""
    match listing:
        case PaymentsAbove():
            return ("buyer",)
        case InvoicesAbove():
            return ("seller",)
        case FoundAbove() | RecoveryAbove():
            return ("config",)
        case _:
            return ("buyer", "seller")


def may_see(permissions: AppPermissions, listing: Listing) -> bool:
    """Whether an app with these permissions may ask for this."""
    if permissions.config and isinstance(listing, HistoryAfter | HistoryBefore):
        return True
    return all(getattr(permissions, needed) for needed in needed_for(listing))


def is_allowed(permissions: AppPermissions, request: AppRequest | OrderRequest) -> bool:
    """Whether an app with these permissions may ask this."""
    return bool(getattr(permissions, needed_permission(request)))

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
from offset.wire.index import RequestRoutes

_BUYER = (CreatePayment, CreateTransaction, RequestClosePayment, AckClosePayment)
_SELLER = (AddInvoice, CancelInvoice, CommitInvoice)


def needed_permission(request: AppRequest) -> str:
    """The permission that a request needs: routes, buyer, seller, or config for everything else."""
    if isinstance(request, RequestRoutes):
        return "routes"
    if isinstance(request, _BUYER):
        return "buyer"
    if isinstance(request, _SELLER):
        return "seller"
    return "config"


def is_allowed(permissions: AppPermissions, request: AppRequest) -> bool:
    """Whether an app with these permissions may ask this."""
    return bool(getattr(permissions, needed_permission(request)))

"""Between an app and its node: schema/app.capnp (spec 05, 2)."""

from __future__ import annotations

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, InvoiceId, PaymentId, PublicKey, RequestId, Signature, Uid
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.common import Commit, NamedIndexServerAddress, NamedRelayAddress, Receipt, RelayAddress
from offset.wire.extension import Extensible, Extra
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RequestRoutes
from offset.wire.report import NodeReportMutation


class AppPermissions(Message):
    """What an app may do; first message of the node (spec 05, 2.4)."""

    routes: bool
    buyer: bool
    seller: bool
    config: bool


# Requests of an app


class AddRelay(Message):
    """Use this relay. Permission: config."""

    relay: NamedRelayAddress


class RemoveRelay(Message):
    """Stop using this relay. Permission: config."""

    public_key: PublicKey


class AddIndexServer(Message):
    """Use this index server. Permission: config."""

    index_server: NamedIndexServerAddress


class RemoveIndexServer(Message):
    """Stop using this index server. Permission: config."""

    public_key: PublicKey


class AddFriend(Message):
    """A new friend, disabled at first. Permission: config."""

    friend_public_key: PublicKey
    relays: tuple[RelayAddress, ...]
    name: str


class SetFriendRelays(Message):
    """Where this friend can be reached. Permission: config."""

    friend_public_key: PublicKey
    relays: tuple[RelayAddress, ...]


class SetFriendName(Message):
    """Another local name. Permission: config."""

    friend_public_key: PublicKey
    name: str


class RemoveFriend(Message):
    """Forget a friend and all that is owed. Permission: config."""

    friend_public_key: PublicKey


class EnableFriend(Message):
    """Talk to this friend. Permission: config."""

    friend_public_key: PublicKey


class DisableFriend(Message):
    """Stop talking to this friend. Permission: config."""

    friend_public_key: PublicKey


class OpenFriendCurrency(Message):
    """Requests of others may pass over this friend. Permission: config."""

    friend_public_key: PublicKey
    currency: Currency


class CloseFriendCurrency(Message):
    """Requests of others may not pass over this friend. Permission: config."""

    friend_public_key: PublicKey
    currency: Currency


class SetFriendCurrencyMaxDebt(Message):
    """How much this friend may owe us. Permission: config."""

    friend_public_key: PublicKey
    currency: Currency
    remote_max_debt: Amount


class SetFriendCurrencyRate(Message):
    """What we charge for passing on requests of this friend. Permission: config."""

    friend_public_key: PublicKey
    currency: Currency
    rate: Rate


class RemoveFriendCurrency(Message):
    """Forget the settings of a currency that is not active. Permission: config."""

    friend_public_key: PublicKey
    currency: Currency


class ResetFriendChannel(Message):
    """Accept the friend's reset terms. Permission: config."""

    friend_public_key: PublicKey
    reset_token: Signature


class CreatePayment(Message):
    """Begin to pay an invoice. Permission: buyer."""

    payment_id: PaymentId
    invoice_id: InvoiceId
    currency: Currency
    total_dest_payment: Amount
    dest_public_key: PublicKey


class CreateTransaction(Message):
    """Send one part of a payment along a route. Permission: buyer."""

    payment_id: PaymentId
    request_id: RequestId
    route: FriendsRoute
    dest_payment: Amount
    fees: Amount


class RequestClosePayment(Message):
    """No more parts will come; tell me how it ends. Permission: buyer."""

    payment_id: PaymentId


class AckClosePayment(Message):
    """The end of a payment is known; the node may forget it. Permission: buyer."""

    payment_id: PaymentId
    ack_uid: Uid


class AddInvoice(Message):
    """Expect a payment. Permission: seller."""

    invoice_id: InvoiceId
    currency: Currency
    total_dest_payment: Amount


class CancelInvoice(Message):
    """Expect it no longer. Permission: seller."""

    invoice_id: InvoiceId


class CommitInvoice(Message):
    """The buyer's commit is here: collect. Permission: seller."""

    commit: Commit


AppRequest = (
    AddRelay
    | RemoveRelay
    | CreatePayment
    | CreateTransaction
    | RequestClosePayment
    | AckClosePayment
    | AddInvoice
    | CancelInvoice
    | CommitInvoice
    | AddFriend
    | SetFriendRelays
    | SetFriendName
    | RemoveFriend
    | EnableFriend
    | DisableFriend
    | OpenFriendCurrency
    | CloseFriendCurrency
    | SetFriendCurrencyMaxDebt
    | SetFriendCurrencyRate
    | RemoveFriendCurrency
    | ResetFriendChannel
    | RequestRoutes
    | AddIndexServer
    | RemoveIndexServer
)


class AppToAppServer(Message):
    """A request, with an id that its acknowledgement will carry."""

    app_request_id: Uid
    app_request: AppRequest


# Answers of a node


class Complete(Message):
    """The seller holds all it needs; the commit may be given to it."""

    commit: Commit


class Success(Message):
    """This part arrived; others are missing."""


class Failure(Message):
    """This part was refused or cancelled."""


RequestResult = Complete | Success | Failure
SUCCESS = Success()
FAILURE = Failure()


class TransactionResult(Message):
    """How a part of a payment ended; `request_id` is that of the CreateTransaction."""

    request_id: RequestId
    result: RequestResult


class PaymentStatusNotFound(Message):
    """The node knows no such payment."""


class PaymentStatusSuccess(Message):
    """Paid; here is the proof."""

    receipt: Receipt
    ack_uid: Uid


class PaymentStatusCanceled(Message):
    """Nothing was paid."""

    ack_uid: Uid


PaymentStatus = PaymentStatusNotFound | PaymentStatusSuccess | PaymentStatusCanceled
PAYMENT_NOT_FOUND = PaymentStatusNotFound()


class ResponseClosePayment(Message):
    """How a payment ended."""

    payment_id: PaymentId
    status: PaymentStatus


class ReportMutations(Message):
    """Changes of the report; with an id also the acknowledgement of that request (spec 05, 2.3)."""

    opt_app_request_id: Uid | None
    mutations: tuple[NodeReportMutation, ...]
    opt_extra: Extra | None = None
    """An extension."""


class ClientResponseRoutes(Message):
    """Routes found (possibly none), or None when the question could not be answered."""

    request_id: Uid
    result: tuple[MultiRoute, ...] | None


AppServerToApp = TransactionResult | ResponseClosePayment | ReportMutations | ClientResponseRoutes


for _cls in (
    AppPermissions,
    AddFriend,
    SetFriendRelays,
    SetFriendName,
    OpenFriendCurrency,
    CloseFriendCurrency,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
    RemoveFriendCurrency,
    ResetFriendChannel,
    CreatePayment,
    CreateTransaction,
    AckClosePayment,
    AddInvoice,
    TransactionResult,
    ResponseClosePayment,
    ReportMutations,
    ClientResponseRoutes,
    AppToAppServer,
):
    struct(_cls, "app", _cls.__name__)
struct(PaymentStatusSuccess, "app", "PaymentStatusSuccess")
union("app", "RequestResult", {"complete": Complete, "success": Success, "failure": Failure})
union(
    "app",
    "PaymentStatus",
    {
        "paymentNotFound": PaymentStatusNotFound,
        "success": PaymentStatusSuccess,
        "canceled": PaymentStatusCanceled,
    },
)
struct(ReportMutations, "extension", "ReportMutations")
_variants = {
    "transactionResult": TransactionResult,
    "responseClosePayment": ResponseClosePayment,
    "reportMutations": ReportMutations,
    "responseRoutes": ClientResponseRoutes,
}
union("app", "AppServerToApp", _variants)
union("extension_app", "AppServerToApp", _variants)
union(
    "app",
    "AppRequest",
    {
        "addRelay": AddRelay,
        "removeRelay": RemoveRelay,
        "createPayment": CreatePayment,
        "createTransaction": CreateTransaction,
        "requestClosePayment": RequestClosePayment,
        "ackClosePayment": AckClosePayment,
        "addInvoice": AddInvoice,
        "cancelInvoice": CancelInvoice,
        "commitInvoice": CommitInvoice,
        "addFriend": AddFriend,
        "setFriendRelays": SetFriendRelays,
        "setFriendName": SetFriendName,
        "removeFriend": RemoveFriend,
        "enableFriend": EnableFriend,
        "disableFriend": DisableFriend,
        "openFriendCurrency": OpenFriendCurrency,
        "closeFriendCurrency": CloseFriendCurrency,
        "setFriendCurrencyMaxDebt": SetFriendCurrencyMaxDebt,
        "setFriendCurrencyRate": SetFriendCurrencyRate,
        "removeFriendCurrency": RemoveFriendCurrency,
        "resetFriendChannel": ResetFriendChannel,
        "requestRoutes": RequestRoutes,
        "addIndexServer": AddIndexServer,
        "removeIndexServer": RemoveIndexServer,
    },
)

APP_PERMISSIONS: Codec[AppPermissions] = Codec("app", "AppPermissions")
APP_TO_APP_SERVER: Codec[AppToAppServer] = Codec("app", "AppToAppServer")
APP_SERVER_TO_APP: Extensible[AppServerToApp] = Extensible(
    "app", "AppServerToApp", "opt_extra", "extension_app"
)

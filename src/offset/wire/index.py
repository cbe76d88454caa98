"""Between nodes and index servers: schema/index.capnp (spec 04, 2)."""

from __future__ import annotations

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, HashResult, PublicKey, RandValue, Signature, Uid
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.friend import FriendsRoute


class Edge(Message):
    """A directed arc: credits may be pushed from one node to the other."""

    from_public_key: PublicKey
    to_public_key: PublicKey


class RequestRoutes(Message):
    """Which routes carry `capacity` credits from source to destination?"""

    request_id: Uid
    currency: Currency
    capacity: Amount
    source: PublicKey
    destination: PublicKey
    opt_exclude: Edge | None


class RouteCapacityRate(Message):
    """A route, the credits that may enter it (fees included), and the sum of its mediators' rates."""

    route: FriendsRoute
    capacity: Amount
    rate: Rate


class MultiRoute(Message):
    """Routes that may carry one payment together."""

    routes: tuple[RouteCapacityRate, ...]


class ResponseRoutes(Message):
    """The answer: alternatives, best first."""

    request_id: Uid
    multi_routes: tuple[MultiRoute, ...]


class UpdateFriendCurrency(Message):
    """How much `public_key` can still push to the reporting node, and at what rate it is passed on."""

    public_key: PublicKey
    currency: Currency
    recv_capacity: Amount
    rate: Rate


class RemoveFriendCurrency(Message):
    """Nothing passes from this friend in this currency any more."""

    public_key: PublicKey
    currency: Currency


IndexMutation = UpdateFriendCurrency | RemoveFriendCurrency


class MutationsUpdate(Message):
    """A signed report of a node about its friends (spec 04, 2.4)."""

    node_public_key: PublicKey
    index_mutations: tuple[IndexMutation, ...]
    time_hash: HashResult
    session_id: Uid
    counter: int
    rand_nonce: RandValue
    signature: Signature


class TimeProofLink(Message):
    """The list of hashes behind one time hash (spec 04, 3.7)."""

    hashes: tuple[HashResult, ...]


class ForwardMutationsUpdate(Message):
    """A report on its way between servers, with the proof that it is recent."""

    mutations_update: MutationsUpdate
    time_proof_chain: tuple[TimeProofLink, ...]


class TimeHash(Message):
    """The server's current time hash."""

    hash: HashResult


IndexServerToClient = TimeHash | ResponseRoutes
IndexClientToServer = MutationsUpdate | RequestRoutes
IndexServerToServer = TimeHash | ForwardMutationsUpdate

struct(Edge, "index", "Edge")
struct(RequestRoutes, "index", "RequestRoutes")
struct(RouteCapacityRate, "index", "RouteCapacityRate")
struct(MultiRoute, "index", "MultiRoute")
struct(ResponseRoutes, "index", "ResponseRoutes")
struct(UpdateFriendCurrency, "index", "UpdateFriendCurrency")
struct(RemoveFriendCurrency, "index", "RemoveFriendCurrency")
union(
    "index",
    "IndexMutation",
    {"updateFriendCurrency": UpdateFriendCurrency, "removeFriendCurrency": RemoveFriendCurrency},
)
struct(MutationsUpdate, "index", "MutationsUpdate")
struct(TimeProofLink, "index", "TimeProofLink")
struct(ForwardMutationsUpdate, "index", "ForwardMutationsUpdate")
union("index", "IndexServerToClient", {"timeHash": TimeHash, "responseRoutes": ResponseRoutes})
union("index", "IndexClientToServer", {"mutationsUpdate": MutationsUpdate, "requestRoutes": RequestRoutes})
union(
    "index", "IndexServerToServer", {"timeHash": TimeHash, "forwardMutationsUpdate": ForwardMutationsUpdate}
)

INDEX_SERVER_TO_CLIENT: Codec[IndexServerToClient] = Codec("index", "IndexServerToClient")
INDEX_CLIENT_TO_SERVER: Codec[IndexClientToServer] = Codec("index", "IndexClientToServer")
INDEX_SERVER_TO_SERVER: Codec[IndexServerToServer] = Codec("index", "IndexServerToServer")

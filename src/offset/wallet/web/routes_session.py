"""Routes: logging in, who asks, sessions, whether the daemon is the same one, the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import JSONResponse, Response

from offset import __version__
from offset.wallet.refusals import Refusal
from offset.wallet.values.parts import Body
from offset.wallet.values.session import Health, Login, LoginForm, Me, NewKey, NewLogin, Session
from offset.wallet.web.routes_tokens import token_value
from offset.wallet.web.static import CLEAR
from offset.wallet.web.table import Ask, Needs, Route


class Nonce(Body):
    """What the page wants to have proved."""

    session: Annotated[str, Meta(max_length=64)]
    nonce: Annotated[str, Meta(min_length=16, max_length=64)]


async def log_in(ask: Ask) -> NewKey:
    """Begin a session with a login that was made for it; good once."""
    key, session = ask.desk.sessions.log_in(ask.body.login)
    return NewKey(key=key, session=session.id)


async def log_out(ask: Ask) -> Response:
    """End this session."""
    if not ask.desk.sessions.end(ask.owner.id):
        raise Refusal("refused", "The commands have no session that could be ended.")
    return Response(status_code=204, headers=CLEAR)


async def sessions(ask: Ask) -> tuple[Session, ...]:
    """Who is logged in."""
    return tuple(session.value(is_this=session is ask.session) for session in ask.desk.sessions.all())


async def end_session(ask: Ask) -> None:
    """End the session of a page."""
    if not ask.desk.sessions.end(ask.path["session"]):
        raise Refusal("not-found", "There is no page with this session.")


async def new_login(ask: Ask) -> NewLogin:
    """Make a login for one more page; the commands only.

    With the form `page` a file is written that leads the browser there; it goes once it was used.
    """
    if ask.owner.kind != "socket":
        raise Refusal("no-right", "A login is made by the command: offset wallet open", cause="socket")
    made = await ask.desk.new_login(ask.body.form == "code")
    return NewLogin(
        page=made if ask.body.form == "page" else None,
        code=made if ask.body.form == "code" else None,
        address=ask.desk.address,
    )


async def me(ask: Ask) -> Me:
    """Who asks, and what it may do."""
    return Me(
        session=ask.owner.id if ask.grant is None else None,
        token=None if ask.grant is None else await token_value(ask, ask.grant),
        rights=ask.owner.rights,
        version=__version__,
        start=ask.wallet.start_id,
    )


async def health(ask: Ask) -> Health:
    """Whether this is the daemon that began the session: it alone can answer the nonce."""
    session = ask.desk.sessions.of_id(ask.query.session)
    return Health(proof=None if session is None else session.proof(ask.query.nonce))


async def openapi(ask: Ask) -> Any:
    """This interface as an OpenAPI 3.1 document."""
    return JSONResponse(ask.desk.document())


ROUTES = (
    Route("POST", "/session", Needs.NOTHING, log_in, body=Login, answer=NewKey, status=201),
    Route("DELETE", "/session", Needs.OWN, log_out),
    Route("GET", "/sessions", Needs.OWN, sessions, answer=tuple[Session, ...]),
    Route("DELETE", "/sessions/{session}", Needs.OWN, end_session),
    Route("POST", "/logins", Needs.OWN, new_login, body=LoginForm, answer=NewLogin, status=201),
    Route("GET", "/me", Needs.ANY, me, answer=Me),
    Route("GET", "/health", Needs.NOTHING, health, query=Nonce, answer=Health),
    Route("GET", "/openapi.json", Needs.ANY, openapi, answer=dict[str, Any]),
)

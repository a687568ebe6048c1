"""The web application: pages and webhooks behind one guard, and how its errors read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from afterclick.control_room.access import Authenticate, SignInFirst, asking
from afterclick.control_room.assets import assets
from afterclick.control_room.choices import choices
from afterclick.control_room.guard import Guard
from afterclick.control_room.heads import Heads
from afterclick.control_room.html import Html
from afterclick.control_room.live import Live, live
from afterclick.control_room.mishaps import Mishaps
from afterclick.control_room.pacing import AT_ONCE, AT_ONCE_BESIDE_A_SERVER, paced
from afterclick.control_room.problems import Problem
from afterclick.control_room.pulse import beat
from afterclick.control_room.routes import allowed
from afterclick.control_room.visit import Visits, visiting
from afterclick.store.database import Database

HERE: Final = Path(__file__).parent


class Room(NamedTuple):
    """What pages are given: the shop's name, its records, the clock, who is asking, and how to wake the bots.

    `hosts` are the names under which the pages may be asked for (empty: any), so that no other site can reach them through
    a name of its own that points here.
    """

    shop: str
    database: Database
    now_ms: Callable[[], int]
    authenticate: Authenticate
    notify: Callable[[], None]
    hosts: tuple[str, ...] = ()


def build(room: Room, routers: Sequence[APIRouter]) -> FastAPI:
    """The application with these routers, behind the guard."""
    living = paced(AT_ONCE if room.database.is_sqlite else AT_ONCE_BESIDE_A_SERVER)
    app = FastAPI(title=f"{room.shop}: Afterclick", docs_url=None, redoc_url=None, openapi_url="/openapi.json", lifespan=living)
    app.state.authenticate = room.authenticate
    app.state.live = Live(room.database)
    html = Html(HERE / "templates", shop=room.shop)

    @app.get("/health", tags=["health"])
    def health() -> dict[str, bool]:
        """Whether this process answers; `/ready` says whether it can work."""
        return {"ok": True}

    @app.exception_handler(Problem)
    def refuse(request: Request, problem: Problem) -> Response:
        return _answer(request, html, problem)

    @app.exception_handler(HTTPException)
    def not_there(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            takes = allowed(app.routes, request.scope)
            return _answer(request, html, Problem(405, f"{request.method} does nothing here; use {takes}", {"Allow": takes}))
        said = "there is no such page" if error.status_code == 404 else str(error.detail)
        return _answer(request, html, Problem(error.status_code, said, error.headers))

    @app.exception_handler(RequestValidationError)
    def not_readable(request: Request, error: RequestValidationError) -> Response:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        return _answer(request, html, Problem(422, wrong))

    for router in (assets(), choices(), live(app.state.live), *routers):
        app.include_router(router)
    app.add_middleware(Mishaps, answer=lambda request, problem: _answer(request, html, problem))
    app.add_middleware(Visits, beat=lambda: beat(room.database))
    app.add_middleware(Guard, hosts=room.hosts)
    app.add_middleware(Heads)
    return app


def _answer(request: Request, html: Html, problem: Problem) -> Response:
    """A page for people, problem+json (RFC 9457) for programs."""
    if "text/html" in request.headers.get("accept", ""):
        if isinstance(problem, SignInFirst) and request.method == "GET":
            return RedirectResponse(problem.location, 303)
        # Where the office itself failed, finding out who asks may be what fails; that page goes without a menu.
        who = asking(request) if problem.status < 500 else None
        again = visiting.get().here if request.method == "GET" else ""
        page = html.page("problem.html", who=who, status=problem.status, problem=problem, again=again, here="")
        page.headers.update(problem.headers)
        return page
    return JSONResponse(problem.document(), problem.status, problem.headers, "application/problem+json")

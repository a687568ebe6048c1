"""The web application: pages and webhooks behind one guard, and how its errors read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from afterclick.control_room.access import Authenticate, SignInFirst, asking
from afterclick.control_room.guard import Guard
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
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
    app = FastAPI(title=f"{room.shop}: Afterclick", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.authenticate = room.authenticate
    html = Html(HERE / "templates", shop=room.shop)

    @app.get("/health")
    def health() -> dict[str, object]:
        """Whether the office answers, its database included."""
        with room.database.reading() as tx:
            return {"ok": tx.value("SELECT 1") == 1}

    @app.get("/style.css", include_in_schema=False)
    def style() -> Response:
        return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    @app.exception_handler(Problem)
    def refuse(request: Request, problem: Problem) -> Response:
        return _answer(request, html, problem)

    @app.exception_handler(HTTPException)
    def not_there(request: Request, error: HTTPException) -> Response:
        said = "there is no such page" if error.status_code == 404 else str(error.detail)
        return _answer(request, html, Problem(error.status_code, said))

    @app.exception_handler(RequestValidationError)
    def not_readable(request: Request, error: RequestValidationError) -> Response:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        return _answer(request, html, Problem(422, wrong))

    for router in routers:
        app.include_router(router)
    app.add_middleware(Guard, hosts=room.hosts)
    return app


_STYLE: Final = (HERE / "style.css").read_text(encoding="utf-8")


def _answer(request: Request, html: Html, problem: Problem) -> Response:
    """A page for people, problem+json (RFC 9457) for programs."""
    if "text/html" in request.headers.get("accept", ""):
        if isinstance(problem, SignInFirst) and request.method == "GET":
            return RedirectResponse(problem.location, 303)
        return html.page("problem.html", who=asking(request), status=problem.status, problem=problem, here="")
    return JSONResponse(problem.document(), problem.status, media_type="application/problem+json")

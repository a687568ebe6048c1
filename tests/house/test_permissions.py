"""Every route of the whole site asks for a permission or is known to be open, and holds everybody to it."""

import re
from collections.abc import Iterable, Iterator
from inspect import iscoroutinefunction
from typing import Any, Final, NamedTuple

import pytest
from fastapi.routing import APIRoute

from afterclick.control_room.access import Needs, in_person
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import ROLES, Role, permitted
from tests.control_room.api_office import ApiOffice, api_office

OPEN: Final = (
    "/health", "/ready", "/style.css", "/script.js", "/icon.svg", "/theme", "/openapi.json", "/webhooks/{store}", "/sign-in",
    "/set-up", "/decide", "/answer", "/sign-out",
)  # fmt: skip
"""Open to all: what signs in, what a browser needs to show that, what only says whether the office lives, and what carries
its own proof (a webhook its signature, a link its key). Whatever lies below one of these is as open."""


REFUSAL: Final = "this needs the permission"


class Guarded(NamedTuple):
    """A route that asks for something."""

    method: str
    path: str
    needs: tuple[Needs, ...]


def routes(office: ApiOffice) -> Iterator[tuple[str, str, list[Any]]]:
    """Every route of the site: method, path, and all that its dependencies call."""
    for route in _flat(office.app.routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, route.path, [one.call for one in _all(route.dependant)]


def _flat(routes: Iterable[Any]) -> Iterator[APIRoute]:
    """Routes with those of the routers among them; newer versions of the framework do not copy them."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif included := getattr(route, "original_router", None):
            yield from _flat(included.routes)


def _all(dependant: Any) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one
        yield from _all(one)


def guarded(office: ApiOffice) -> list[Guarded]:
    """The routes that ask for a permission, or at least for somebody."""
    found: list[Guarded] = []
    for method, path, calls in routes(office):
        needs = tuple(one for one in calls if isinstance(one, Needs))
        if needs or in_person in calls:
            found.append(Guarded(method, path, needs))
    return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiOffice]:
    with api_office(tmp_path_factory.mktemp("house"), "sqlite://", **{"api.requests_per_minute": 0}) as made:
        yield made


def test_every_route_asks_for_a_permission_or_is_known_to_be_open(office: ApiOffice) -> None:
    asking = {(one.method, one.path) for one in guarded(office)}
    unguarded = {path for method, path, _ in routes(office) if (method, path) not in asking}
    strange = {path for path in unguarded if not any(path == one or path.startswith(f"{one}/") for one in OPEN)}
    assert not strange, "these let everybody in: name what they need, or why they are open"
    assert len(asking) > 50


def test_no_route_takes_a_thread_but_for_its_work(office: ApiOffice) -> None:
    """Few requests are worked on at once: a dependency that wants a thread of its own waits for its turn beside the route."""
    calls = {call for _, _, found in routes(office) for call in found}
    waiting = {call for call in calls if not (iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None)))}  # noqa: B004
    assert not waiting, "make these `async def`"
    assert len(calls) > 10


def test_nobody_comes_in_anywhere(office: ApiOffice) -> None:
    wrong: list[str] = []
    for method, path, _ in guarded(office):
        answer = _ask(office, method, path, None)
        if answer.status_code != 401:
            wrong.append(f"{method} {path}: {answer.status_code}")
        page = _ask(office, method, path, None, accept="text/html")
        if page.status_code not in (401, 303) or (page.status_code == 303 and "/sign-in" not in page.headers["location"]):
            wrong.append(f"{method} {path} as a page: {page.status_code}")
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_in_where_it_may_and_nowhere_else(office: ApiOffice, role: Role) -> None:
    wrong: list[str] = []
    who = Actor("person:x", "x", frozenset([role]), session="1")
    for method, path, needs in guarded(office):
        if path.endswith("/live"):  # never ends for whoever may see it
            continue
        answer = _ask(office, method, path, role)
        refused = answer.status_code == 401 or (answer.status_code == 403 and REFUSAL in answer.json()["detail"])
        may = all(one.lets(who) for one in needs)
        if refused == may:
            wrong.append(f"{role} at {method} {path}: {answer.status_code}, needs {[one.permission for one in needs]}")
    assert not wrong
    assert permitted([role])


def _ask(office: ApiOffice, method: str, path: str, role: Role | None, *, accept: str = "application/json") -> Any:
    there = {"order_id": "1", "task_id": "1", "bot_id": "orders.fulfil", "sku": "CUP", "number": "1", "person_id": "1"}
    path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: there.get(part[1], "1"), path)
    headers = {"accept": accept} | ({} if role is None else {"x-test-roles": f"{role} {role}"})
    return office.request(method, path, headers)

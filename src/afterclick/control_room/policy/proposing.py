"""The forms that change the policy: one limit, or the whole text. Each makes a version, and nothing is in force by that."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.policy.access import ProposesPolicy
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance import versions
from afterclick.governance.actor import Actor
from afterclick.governance.policy import PolicyError, read
from afterclick.governance.policy_check import LONGEST, check
from afterclick.governance.policy_lines import Value, changed
from afterclick.governance.policy_words import Entry, entries
from afterclick.governance.versions import NotAllowed, NotPossible

_LARGEST: Final = "door.largest."
_LONGEST_NAME: Final = 200


def routes(router: APIRouter, html: Html, room: Room) -> None:
    """Add the routes."""
    _limit(router, html, room)
    _text(router, html, room)


def _limit(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/policy/limit")
    def form(who: ProposesPolicy, request: Request, name: Annotated[str, Query(max_length=_LONGEST_NAME)]) -> Response:
        """The form for one limit."""
        with room.database.reading() as tx:
            entry = limit_named(versions.active_text(tx), name)
        return _limit_form(html, who, request, entry, value=_written(entry.value), note="", wrong="")

    @router.post("/policy/limit")
    async def propose(who: ProposesPolicy, request: Request) -> Response:
        """A version with one limit changed."""
        fields = await sent(request)
        name, value, note = (fields.get(field, "") for field in ("name", "value", "note"))

        def work() -> int | str:
            with room.database.reading() as tx:
                text = versions.active_text(tx)
            entry = limit_named(text, name)
            try:
                new = changed(text, entry.path, _read(value, entry)) if value.strip() else changed(text, entry.path, None)
                return _proposed(room, who, new, note or f"{name} {_written(entry.value)} → {value.strip() or 'its default'}")
            except (PolicyError, NotPossible, ValueError) as error:
                return str(error)

        done = await run_in_threadpool(work)
        if isinstance(done, int):
            return RedirectResponse(f"/policy/versions/{done}", 303)
        with room.database.reading() as tx:
            entry = limit_named(versions.active_text(tx), name)
        return _limit_form(html, who, request, entry, value=value, note=note, wrong=done)


def _text(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/policy/text")
    def form(who: ProposesPolicy, request: Request, version: Annotated[int, Query(ge=0, lt=2**62)] = 0) -> Response:
        """The whole text in a form: that of the active version, or of another."""
        try:
            with room.database.reading() as tx:
                text = versions.version(tx, version).text if version else versions.active_text(tx)
        except NotPossible as error:
            raise Problem(404, str(error)) from error
        return _text_form(html, who, request, text=text, note="", wrong="", status=200)

    @router.post("/policy/text")
    async def propose(who: ProposesPolicy, request: Request) -> Response:
        """Check the text, and with the button for it make it a version."""
        fields = await sent(request, longest=LONGEST)
        text, note = fields.get("text", "").replace("\r\n", "\n"), fields.get("note", "")
        if fields.get("do") == "check":
            return await run_in_threadpool(
                lambda: _text_form(html, who, request, text=text, note=note, wrong="", status=200, shown=True)
            )

        def work() -> int | str:
            try:
                return _proposed(room, who, text, note)
            except (PolicyError, NotPossible) as error:
                return str(error)

        done = await run_in_threadpool(work)
        if isinstance(done, int):
            return RedirectResponse(f"/policy/versions/{done}", 303)
        return await run_in_threadpool(
            lambda: _text_form(html, who, request, text=text, note=note, wrong=done, status=422, shown=True)
        )


def _proposed(room: Room, who: Actor, text: str, note: str) -> int:
    try:
        with room.database.transaction() as tx:
            return versions.propose(tx, text, who=who, note=note, now_ms=room.now_ms())
    except NotAllowed as error:
        raise Problem(403, str(error)) from error


def limit_named(text: str, name: str) -> Entry:
    """The limit of that name; for an act that has none yet, an empty one.

    Raises:
        Problem: 404, there is no such limit.
    """
    for entry in entries(read(text)):
        if entry.name == name:
            return entry
    act = name.removeprefix(_LARGEST)
    if name.startswith(_LARGEST) and act.replace(".", "").replace("_", "").isalnum() and "." in act:
        return Entry(
            name, None, None, "The largest single amount that this act may move, in minor units.", ("door", "largest", act)
        )
    raise Problem(404, f"there is no limit {name[:80]}")


def _read(value: str, entry: Entry) -> Value:
    """What was typed, in the kind of value that the limit has.

    Raises:
        ValueError: it is no such value.
    """
    value = value.strip()
    like = entry.value if entry.value is not None else entry.default
    if isinstance(like, bool):
        if value not in ("yes", "no", "true", "false"):
            raise ValueError(f"{entry.name} is yes or no")
        return value in ("yes", "true")
    if isinstance(like, str):
        return value
    if isinstance(like, tuple | list):
        return [one.strip() for one in value.split(",") if one.strip()]
    try:
        found: object = msgspec.json.decode(value.replace(",", "").replace("_", ""))
    except msgspec.DecodeError as error:
        raise ValueError(f"{entry.name} is a number, not {value!r}") from error
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise ValueError(f"{entry.name} is a number, not {value!r}")
    return found


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)  # pyright: ignore[reportUnknownArgumentType]


def _limit_form(html: Html, who: Actor, request: Request, entry: Entry, *, value: str, note: str, wrong: str) -> Response:
    seal = Seal(request)
    return seal.on(html.page(
        "limit.html", who=who, here="policy", status=422 if wrong else 200, entry=entry, value=value, note=note, wrong=wrong,
        usual=_written(entry.default), token=seal.token,
    ))  # fmt: skip


def _text_form(
    html: Html, who: Actor, request: Request, *, text: str, note: str, wrong: str, status: int, shown: bool = False
) -> Response:
    seal = Seal(request)
    return seal.on(html.page(
        "text.html", who=who, here="policy", status=status, text=text, note=note, wrong=wrong, token=seal.token,
        checked=check(text) if shown else None,
    ))  # fmt: skip

"""The policy's pages to read: what is in force in words, its versions, and each of them whole."""

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from afterclick.control_room.forms import Seal
from afterclick.control_room.html import Html
from afterclick.control_room.policy import proposing, putting_in_force, replaying_page
from afterclick.control_room.policy.access import REPLAYING, Policing, SeesPolicy, found_version, sees_orders
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.engine.judging import DIFFERS
from afterclick.governance import regimes, replays, versions
from afterclick.governance.policy import Policy, read
from afterclick.governance.policy_check import check
from afterclick.governance.policy_lines import Lines
from afterclick.governance.policy_words import changes, entries
from afterclick.store.transaction import Tx

TEMPLATES: Final = Path(__file__).with_name("templates")
ROWS: Final = 50
SHOWN_DIFFERENCES: Final = 50
TITLES: Final = {
    "orders": "When an order is asked about", "door": "What an act may move without a person", "payments": "Declined payments",
    "stuck": "When an order counts as stuck", "listing": "Comparing with the stores' lists", "inbox": "How long people have",
}  # fmt: skip


def pages(room: Room, policing: Policing) -> APIRouter:
    """The routes under `/policy`."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    _in_force(router, html, room)
    _listed(router, html, room)
    _version(router, html, room, policing)
    proposing.routes(router, html, room)
    putting_in_force.routes(router, room)
    replaying_page.routes(router, html, room, policing)
    return router


def _in_force(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/policy")
    def in_force(who: SeesPolicy, request: Request) -> Response:
        """The active limits and rules in words, and what is wrong with them."""
        with room.database.reading() as tx:
            now = regimes.current(tx)
            text = versions.active_text(tx)
            active = versions.version(tx, now.active) if now is not None else None
            trial = versions.version(tx, now.trial) if now is not None and now.trial else None
            waiting = [one for one in versions.listed(tx) if one.state in ("proposed", "scheduled")]
            may_go_back = trial is not None or regimes.before_this(tx) > 0
        policy, lines = read(text), Lines(text)
        seal = Seal(request)
        return seal.on(html.page(
            "policy.html", who=who, here="policy", regime=now, active=active, trial=trial, waiting=waiting, policy=policy,
            tables=_tables(policy), own=[one for one in entries(policy) if one.own], line=lines.exact,
            rule_line=lines.rule, number=_number, checked=check(text), token=seal.token, now_ms=room.now_ms(),
            may_go_back=may_go_back,
        ))  # fmt: skip


def _listed(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/policy/versions")
    def listed(
        who: SeesPolicy,
        before: Annotated[int, Query(ge=0, lt=2**62)] = 0,
        state: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        """Versions of one state or of all, the latest first."""
        if state and state not in versions.STATES:
            raise Problem(422, f"there is no state {state}; choose one of {', '.join(versions.STATES)}")
        with room.database.reading() as tx:
            found = versions.listed(tx, limit=ROWS + 1, before=before or 2**62, state=state)
        more = found[ROWS - 1].number if len(found) > ROWS else 0
        return html.page(
            "versions.html", who=who, here="policy", versions=found[:ROWS], more=more, first=not before, state=state,
            states=versions.STATES,
        )  # fmt: skip


def _version(router: APIRouter, html: Html, room: Room, policing: Policing) -> None:
    @router.get("/policy/versions/{number}")
    def one(who: SeesPolicy, number: int, request: Request) -> Response:
        """One version: what it changes, what is wrong with it, its replays, and what may be done with it."""
        with room.database.reading() as tx:
            version = found_version(tx, number)
            now = regimes.current(tx)
            active = versions.active_text(tx)
            made = replays.listed(tx, version=number)
            counts, unseen = replays.counting(tx, version.digest, now.active) if now is not None else (0, "")
            otherwise, counted = differences(tx, number)
        seal = Seal(request)
        return seal.on(html.page(
            "version.html", who=who, here="policy", version=version, regime=now, changes=_changes(active, version.text),
            checked=check(version.text), replays=made, replayed=bool(counts), unseen=unseen,
            differences=otherwise, counted=counted, left_out="" if sees_orders(who) else replays.NO_CASES,
            bots=[bot for bot in policing.fleet if policing.judges(bot)],
            second=who.may_second(version.proposed_by), token=seal.token, now_ms=room.now_ms(),
            lines=version.text.splitlines(), number=_number, may_replay=REPLAYING.lets(who),
        ))  # fmt: skip


def differences(tx: Tx, number: int) -> tuple[list[tuple[Any, ...]], int]:
    """What a version in shadow would have decided otherwise: (order, its number in the store, when, verdict, reason) of the
    latest, and how many there are."""
    about = f"policy/{number}"
    rows = tx.rows(
        "SELECT e.order_id, o.external_id, b.at_ms, e.verdict, e.because FROM events e JOIN blocks b ON b.number = e.block"
        " LEFT JOIN orders o ON o.id = e.order_id WHERE e.object = ? AND e.activity = ?"
        " ORDER BY e.block DESC, e.seq DESC LIMIT ?",
        (about, DIFFERS, SHOWN_DIFFERENCES),
    )
    return rows, tx.value("SELECT COUNT(*) FROM events WHERE object = ? AND activity = ?", (about, DIFFERS))


def _changes(active: str, text: str) -> list[Any]:
    """In what a version differs from the active one."""
    return list(changes(read(active), read(text)))


def _tables(policy: Policy) -> list[tuple[str, str, list[Any]]]:
    """The limits by table of the file, each with what it is about."""
    every = entries(policy)
    return [(table, title, [one for one in every if one.path[0] == table]) for table, title in TITLES.items()]


def _number(value: object) -> str:
    """A limit as people read it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)  # pyright: ignore[reportUnknownArgumentType]

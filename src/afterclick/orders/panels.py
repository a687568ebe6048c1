"""What the orders desk shows on the first page: who is needed, what rests and why, and which promises and money are at risk."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from afterclick.control_room.charts import Share, stacked
from afterclick.control_room.first_page.overview import Figure, Line, Panel, Source, Tone
from afterclick.control_room.words import age, money
from afterclick.orders import in_hand
from afterclick.orders.listing import HELPED, LATEST, MOVES, RISK_MS
from afterclick.store.transaction import Tx

MOST_LINES: Final = 8
_TONES: Final[dict[str, Tone]] = {"waiting": "warn", "inbox": "ask", "held": "warn"}
_HUES: Final = {"waiting": 2, "inbox": 4, "held": 5}
_SAYS: Final = {"waiting": "waiting", "inbox": "for a person", "held": "on hold"}


class Resting(NamedTuple):
    """Orders at rest in one state for one reason and in one currency; `late` and `near` are by their promise."""

    state: str
    waiting_for: str
    currency: str
    orders: int
    total: int
    since_ms: int
    late: int
    near: int


class Reason(NamedTuple):
    """Orders at rest in one state for one reason, and since when the longest of them."""

    state: str
    waiting_for: str
    orders: int
    since_ms: int


class Questions(NamedTuple):
    """Open questions to one team at one stage: how many, since when the oldest waits, and by when the first is due."""

    who: str
    stage: str
    open: int
    oldest_ms: int
    due_ms: int


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """The desk's panels; one walk over the orders at rest, one over the open questions, one over the latest orders."""
    rests, last = resting(tx, now_ms), latest(tx)
    return [_needed(tx, last, now_ms), _flow(last, rests), _risks(rests, promises(tx, rests, now_ms))]


SOURCE: Final = Source("orders.read", "orders", panels)


def resting(tx: Tx, now_ms: int) -> list[Resting]:
    """All orders that rest, in sums; walks the index of orders at rest."""
    rows = tx.rows(
        "SELECT state, waiting_for, currency, COUNT(*), CAST(SUM(total) AS BIGINT), MIN(since_ms),"
        " SUM(CASE WHEN promise_ms > 0 AND promise_ms <= ? THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN promise_ms > ? AND promise_ms < ? THEN 1 ELSE 0 END)"
        " FROM orders WHERE state IN ('waiting', 'inbox', 'held') GROUP BY state, waiting_for, currency",
        (now_ms, now_ms, now_ms + RISK_MS),
    )
    return [Resting._make(row) for row in rows]


class Promises(NamedTuple):
    """Promises broken and nearly so, of orders at rest and of those that move; `moving` is false where these are too many."""

    late: int
    near: int
    moving: bool


def promises(tx: Tx, rests: Sequence[Resting], now_ms: int) -> Promises:
    """Orders whose promise is broken or at risk, just those that the list of them has."""
    late, near = sum(one.late for one in rests), sum(one.near for one in rests)
    moving = in_hand.moving(tx)
    if moving:
        among, value = tx.among(moving)
        ((more_late, more_near),) = tx.rows(
            "SELECT SUM(CASE WHEN promise_ms > 0 AND promise_ms <= ? THEN 1 ELSE 0 END),"  # noqa: S608
            " SUM(CASE WHEN promise_ms > ? AND promise_ms < ? THEN 1 ELSE 0 END)"
            f" FROM orders WHERE id {among} AND {MOVES}",
            (now_ms, now_ms, now_ms + RISK_MS, value),
        )
        late, near = late + (more_late or 0), near + (more_near or 0)
    return Promises(late, near, moving is not None)


def by_reason(rests: Sequence[Resting]) -> list[Reason]:
    """What orders wait for, the most frequent first."""
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for one in rests:
        before, since_ms = counted.get((one.state, one.waiting_for), (0, one.since_ms))
        counted[one.state, one.waiting_for] = (before + one.orders, min(since_ms, one.since_ms))
    largest = sorted(counted.items(), key=lambda item: (-item[1][0], item[0]))
    return [Reason(state, reason, number, since_ms) for (state, reason), (number, since_ms) in largest]


def questions(tx: Tx) -> list[Questions]:
    """The open questions, by who is asked and at which stage; those first whose time is up first."""
    rows = tx.rows(
        "SELECT who, stage, COUNT(*), MIN(asked_ms), MIN(expires_ms) FROM tasks WHERE state = 'open' GROUP BY who, stage"
        " ORDER BY MIN(expires_ms), who, stage"
    )
    return [Questions._make(row) for row in rows]


class Latest(NamedTuple):
    """Of the latest orders: how many there are, how many shipped with nobody's help, and about how many somebody was asked or
    did something."""

    orders: int
    alone: int
    helped: int


def latest(tx: Tx) -> Latest:
    """How much goes by itself, among the latest orders."""
    last = tx.value("SELECT MAX(id) FROM orders") or 0
    rows = tx.rows(
        "SELECT COUNT(*), SUM(CASE WHEN state = 'shipped' AND NOT helped THEN 1 ELSE 0 END),"  # noqa: S608  # a constant
        f" SUM(CASE WHEN helped THEN 1 ELSE 0 END) FROM (SELECT state, {HELPED} AS helped FROM orders WHERE id > ?) AS o",
        (last - LATEST,),
    )
    return Latest(*(number or 0 for number in rows[0]))


def touchless(tx: Tx) -> tuple[int, int]:
    """Of the latest orders: how many there are, and how many shipped without anybody being asked or doing anything."""
    return latest(tx)[:2]


def _needed(tx: Tx, last: Latest, now_ms: int) -> Panel:
    """The open questions, by who is asked and at which stage."""
    rows = questions(tx)
    total = sum(one.open for one in rows)
    overdue = sum(1 for one in rows if 0 < one.due_ms <= now_ms)
    oldest_ms = now_ms - min((one.oldest_ms for one in rows), default=now_ms)
    figures = (
        Figure(f"{total:,}", "questions to people", "/inbox", f"oldest {age(oldest_ms)}", "ask", "Task"),
        Figure(f"{last.helped:,}", "orders needed a person", "/orders?hands=some", f"of the last {last.orders:,} that came in"),
    ) if total else ()  # fmt: skip
    lines = tuple(
        Line(
            f"/inbox?{urlencode({'who': who, 'stage': stage})}",
            (f"{who}: {stage.replace('_', ' ')}", f"{count:,}"),
            since_ms=asked_ms,
            until_ms=expires_ms,
        )
        for who, stage, count, asked_ms, expires_ms in rows[:MOST_LINES]
    )
    return Panel(
        "needed", "What needs a person" + (", some of it overdue" if overdue else ""), figures,
        ("Who is asked, and at which stage", "Open", "Oldest", "Deadline"), lines,
        empty="No question is open: the rules could decide everything.", term="Inbox",
    )  # fmt: skip


def _flow(last: Latest, rests: Sequence[Resting]) -> Panel:
    """How much goes by itself, and what rests, by reason."""
    of, alone, _ = last
    rate = Figure(
        f"{alone / of:.1%}" if of else "–", "touchless", "/orders?state=shipped&hands=none",
        f"{alone:,} of the last {of:,} orders that came in" if of else "no order has come in yet", "good" if of else "",
        "Touchless rate",
    )  # fmt: skip
    count = Counter[str]()
    for one in rests:
        count[one.state] += one.orders
    states = [
        Figure(f"{count[state]:,}", says, f"/orders?state={state}", "", _TONES[state] if count[state] else "", says)
        for state, says in _SAYS.items()
    ]
    columns = ("What they wait for", "Orders", "Longest")
    return Panel("flow", "Orders", (rate, *states), columns, _reasons(rests), _chart(rests), term="Order")


def _reasons(rests: Sequence[Resting]) -> tuple[Line, ...]:
    return tuple(
        Line(_of(state, reason), (f"{_SAYS[state]}: {reason or 'no reason given'}", f"{number:,}"), since_ms)
        for state, reason, number, since_ms in by_reason(rests)[:MOST_LINES]
    )


def _chart(rests: Sequence[Resting]) -> Markup:
    """The orders at rest as one bar; nothing where none rests."""
    count = Counter[str]()
    for one in rests:
        count[one.state] += one.orders
    shares = [Share(says, count[state], _HUES[state], _of(state, "")) for state, says in _SAYS.items() if count[state]]
    said = ", ".join(f"{one.value:,} {one.name}" for one in shares)
    return stacked("Orders at rest", shares, says=f"{said}.", unit="orders") if shares else Markup("")


def _risks(rests: Sequence[Resting], promised: Promises) -> Panel:
    """Promises that may be broken, and the money of orders that rest."""
    late, near, moving = promised
    which = "not shipped" if moving else "at rest (more are queued than are looked at)"
    worth = Counter[str]()
    for one in rests:
        worth[one.currency] += one.total
    figures = [
        Figure(f"{late:,}", "promises broken", "/orders?risk=broken", f"{which}, and past their date", "bad" if late else "",
               "Promise"),
        Figure(f"{near:,}", "promises at risk", "/orders?risk=near", f"{which}, and due within a day", "warn" if near else "",
               "Promise at risk"),
        *(
            Figure(money(total, currency), "money at rest", _at_rest(currency), "worth of these orders", term="Money at risk")
            for currency, total in sorted(worth.items(), key=lambda item: -item[1])[:MOST_LINES]
            if total
        ),
    ]  # fmt: skip
    lines = tuple(
        Line(_of(state, "", currency), (f"{_SAYS[state]}, in {currency or 'no currency'}", f"{count:,}", money(total, currency)))
        for (state, currency), (count, total) in sorted(_by_state(rests).items(), key=lambda one: -one[1][1])[:MOST_LINES]
    )
    return Panel("risk", "At risk", tuple(figures), ("Orders at rest", "Orders", "Worth"), lines, term="At rest")


def _by_state(rests: Sequence[Resting]) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in rests:
        count, total = found.get((one.state, one.currency), (0, 0))
        found[one.state, one.currency] = (count + one.orders, total + one.total)
    return found


def _at_rest(currency: str) -> str:
    """The list of all orders at rest in a currency; of every one where the orders name none."""
    return "/orders?" + urlencode({"currency": currency} if currency else {"older": "0.001"})


def _of(state: str, reason: str, currency: str = "") -> str:
    """The list of these orders."""
    chosen = {"state": state, "for": reason, "currency": currency}
    return "/orders?" + urlencode({name: value for name, value in chosen.items() if value})

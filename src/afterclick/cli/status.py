"""`afterclick status`: how the office stands, with the figures of the overview and of the integrations page."""

from typing import TYPE_CHECKING, Any

from afterclick.cli.output import HERE, JsonOption, OfficeOption, acting, console, figures, plain, say_json, table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from afterclick.app import Office
    from afterclick.store.transaction import Tx

SAYS = {"waiting": "waiting", "inbox": "for a person", "held": "on hold"}


def status(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Say what needs a person, what orders wait for, which promises are at risk, and which bots and systems are in trouble."""
    with acting(folder, "orders.read") as (office, who), office.database.reading() as tx:
        now_ms = office.clock.now_ms()
        found = {"now_ms": now_ms, **_orders(tx, now_ms)}
        if who.may("bots.read"):
            found["bots"] = _bots(tx, now_ms)
        if who.may("integrations.read"):
            found["integrations"] = _integrations(office, tx, now_ms)
    if as_json:
        say_json(found)
    else:
        _show(found, now_ms)


def _orders(tx: "Tx", now_ms: int) -> dict[str, Any]:
    from afterclick.orders import panels

    rests = panels.resting(tx, now_ms)
    promised = panels.promises(tx, rests, now_ms)
    of, alone = panels.touchless(tx)
    return {
        "latest_orders": of,
        "touchless_rate": round(alone / of, 4) if of else 0.0,
        "promises_broken": promised.late,
        "promises_at_risk": promised.near,
        "questions": [one._asdict() for one in panels.questions(tx)],
        "resting": [one._asdict() for one in panels.by_reason(rests)],
    }


def _bots(tx: "Tx", now_ms: int) -> list[dict[str, Any]]:
    """Those that are not well; `retired` ones rest for good."""
    from afterclick.control_room.bots.view import listed

    return [
        {"id": one.id, "health": one.health, "state": one.state, "because": one.because, "failed_today": one.failed,
         "queued": one.queued}
        for one in listed(tx, now_ms=now_ms)
        if one.state != "retired" and (one.health != "well" or one.failed)
    ]  # fmt: skip


def _integrations(office: "Office", tx: "Tx", now_ms: int) -> list[dict[str, Any]]:
    """Every system, with what it answered today as far as the newest of the log says; only the working process knows breakers."""
    from afterclick.control_room.system.integrations import listing
    from afterclick.control_room.system.traffic import today

    return [
        {"name": one.name, "simulated": one.simulated, "done_today": one.answered.done, "declined_today": one.answered.declined,
         "last_answer_ms": one.answered.last_ms}
        for one in listing(office.simulated(), today(tx, now_ms=now_ms), None, now_ms=now_ms)
    ]  # fmt: skip


def _show(found: dict[str, Any], now_ms: int) -> None:
    from afterclick.control_room.words import age, instant

    figures({
        "as of": f"{instant(now_ms)} UTC",
        "touchless": f"{found['touchless_rate']:.1%} of the last {found['latest_orders']:,} orders",
        "promises broken": found["promises_broken"],
        "promises at risk": found["promises_at_risk"],
    })  # fmt: skip
    asked = table("what needs a person", "at", "open", "oldest", "due", right=("open", "oldest", "due"))
    for one in found["questions"]:
        left = f"in {age(one['due_ms'] - now_ms)}" if one["due_ms"] > now_ms else "over"
        asked.add_row(plain(one["who"]), plain(one["stage"]), plain(one["open"]), age(now_ms - one["oldest_ms"]), left)
    resting = table("orders at rest", "for", "orders", "longest", right=("orders", "longest"))
    for one in found["resting"]:
        reason = plain(one["waiting_for"]) or "no reason given"
        resting.add_row(SAYS[one["state"]], reason, plain(one["orders"]), age(now_ms - one["since_ms"]))
    bots = table("bot", "health", "failed today", "queued", "because", right=("failed today", "queued"), long=("because",))
    for one in found.get("bots", ()):
        bots.add_row(plain(one["id"]), one["health"], plain(one["failed_today"]), plain(one["queued"]), plain(one["because"]))
    systems = table("system", "is", "yes today", "no today", "last answer", right=("yes today", "no today", "last answer"))
    for one in found.get("integrations", ()):
        last = age(now_ms - one["last_answer_ms"]) if one["last_answer_ms"] else "-"
        kind = "simulated" if one["simulated"] else "connected"
        systems.add_row(plain(one["name"]), kind, plain(one["done_today"]), plain(one["declined_today"]), last)
    _print(asked, "nobody is needed: the rules could decide everything")
    _print(resting, "no order rests")
    _print(bots, "no bot is paused, failing or behind" if "bots" in found else "")
    _print(systems, "")


def _print(made: "Table", otherwise: str) -> None:
    """The table, or what is said where nothing is in it."""
    if made.row_count:
        console().print(made)
    elif otherwise:
        tell(otherwise)

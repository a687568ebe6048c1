"""A replay from the terminal: made, kept, and shown."""

from typing import TYPE_CHECKING

from afterclick.cli.output import console, figures, plain, say_json, table, tell

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.engine.replaying import Order
    from afterclick.governance.actor import Actor
    from afterclick.governance.replays import Case, Result


def replayed(office: "Office", who: "Actor", order: "Order", *, cases: int, as_json: bool) -> None:
    """Make a replay, and show what it found, with so many of the cases that whoever asks may see."""
    from afterclick.app import FLEET
    from afterclick.engine import replaying
    from afterclick.governance import replays

    by, now_ms, kinds = who.id, office.clock.now_ms(), replays.seen_by(who)
    number = replaying.begin(office.database, FLEET, order, by=by, now_ms=now_ms)
    result = replaying.work(office.database, FLEET, order, number, by=by, now_ms=now_ms)
    with office.database.reading() as tx:
        found = replays.cases(tx, number, limit=cases, kinds=kinds) if cases else []
        left_out = replays.left_out(tx, number, kinds)
    if as_json:
        say_json({"replay": number, "result": result, "cases": found})
        return
    _print(result, found)
    if left_out:
        tell(f"note: {left_out}")


def _print(result: "Result", cases: "list[Case]") -> None:
    from afterclick.control_room.words import money
    from afterclick.governance.replays import NOTHING

    figures({
        "verdicts": result.judged, **({"acts": result.acts} if result.acts else {}), "would differ": result.differing,
        **({"unreadable": result.unreadable} if result.unreadable else {}),
        "more questions": result.questions, "people's minutes": round(result.minutes), "seconds": result.seconds,
    })  # fmt: skip
    if not result.seen:
        tell(f"{NOTHING}: such a replay says nothing about the version")
    if result.shifts:
        counted = "verdicts and acts" if result.acts else "verdicts"
        shown = table("was", "would be", counted, "orders", "value", right=(counted, "orders"))
        for one in result.shifts:
            value = ", ".join(money(amount, currency) for currency, amount in one.money.items())
            shown.add_row(one.was, one.would, f"{one.verdicts:,}", f"{one.orders:,}", value)
        console().print(shown)
    if cases:
        listed = table("order", "was", "would be", "because of", "reason", right=("order",), long=("reason",))
        for case in cases:
            about = plain(case.external_id) or case.object or str(case.order_id)
            listed.add_row(about, case.was, case.would, case.cause, plain(case.because))
        console().print(listed)
    for caveat in result.caveats:
        tell(f"note: {caveat}")

"""One whole case in the terminal."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from afterclick.cli.output import console, plain, table
from afterclick.control_room.words import age, clock, instant, money
from afterclick.orders.cases.case import Case, Step, told
from afterclick.orders.cases.fact_words import in_words
from afterclick.orders.cases.outlook import next_step

COLOURS: Final = {
    "shipped": "green", "received": "cyan", "running": "cyan", "waiting": "yellow", "inbox": "magenta", "held": "yellow",
    "refused": "red", "cancelled": "red", "Pass": "green", "Done": "green", "Ask": "magenta", "Refuse": "red", "Declined": "red",
    "Wait": "yellow",
}  # fmt: skip


def print_case(case: Case, *, now_ms: int) -> None:
    """Header, timeline, goods, money, documents and what people were asked or wanted."""
    out = console()
    _header(out, case, now_ms)
    _section(out, "Timeline", _timeline(told(case.timeline)))
    _section(out, "Lines", _lines(case))
    _section(out, "Money", _payments(case), _postings(case))
    _section(out, "Documents", _documents(case))
    _section(out, "Parcels", _parcels(case))
    _section(out, "Stock", _reservations(case), _moves(case))
    _section(out, "Changes asked for", _amendments(case))
    _section(out, "Questions to people", _tasks(case))
    _section(out, "Facts at the last verdict", _facts(case.timeline))


def _header(out: Console, case: Case, now_ms: int) -> None:
    order = case.order
    head = Text.assemble(
        (f" {order.state} ", f"bold reverse {COLOURS.get(order.state, 'white')}"),
        f"  {money(order.total, order.currency)}",
        (f"   for {age(now_ms - (case.since_ms or order.received_ms))}", "dim"),
    )
    if case.waiting_for:
        head.append(f"   waits for {plain(case.waiting_for)}", "yellow")
    if case.because:
        head.append(f"\n{plain(case.because)}")
    where = case.ship_to
    to = ", ".join(
        part for part in (where.name, where.line1, where.line2, f"{where.postcode} {where.city}".strip(), where.country) if part
    )
    head.append(f"\n{plain(order.customer) or 'guest'} · {plain(to) or plain(order.country)}", "dim")
    head.append(
        f"\nplaced {instant(order.placed_ms)} · received {instant(order.received_ms)} UTC · revision {order.revision}", "dim"
    )
    head.append(f"\nnext: {plain(next_step(case, now_ms=now_ms))}")
    if case.parent or case.parts:
        kin = f"part of order {case.parent}" if case.parent else f"parted into {', '.join(map(str, case.parts))}"
        head.append(f"\n{kin}", "dim")
    out.print(
        Panel(
            head, title=Text(f"Order {order.id} · {plain(order.external_id)} · {plain(order.store)}", "bold"), title_align="left"
        )
    )


def _section(out: Console, title: str, *tables: Table | None) -> None:
    shown = [one for one in tables if one is not None and one.row_count]
    if shown:
        out.print(Rule(Text(title, "bold"), align="left", style="dim"))
        for one in shown:
            out.print(one)


def _timeline(steps: Sequence[Step]) -> Table:
    made = table("when (UTC)", "who", "what", "verdict", "because", long=("because",))
    day = ""
    for step in steps:
        today = instant(step.at_ms)[:10]
        who = f"{plain(step.actor)} v{step.version}" if step.version else plain(step.actor)
        mode = "" if step.mode == "live" else f" [{step.mode}]"
        if today != day:
            made.add_row(Text(today, "dim"))
        made.add_row(
            Text(clock(step.at_ms), "dim"),
            who,
            Text(plain(step.activity) + mode, "bold"),
            Text(step.verdict, COLOURS.get(step.verdict, "")),
            plain(step.because),
        )
        day = today
    return made


def _lines(case: Case) -> Table:
    order = case.order
    made = table("line", "SKU", "name", "pieces", "each", "value", right=("line", "pieces", "each", "value"), long=("name",))
    for line in order.lines:
        value = line.quantity * line.unit_price
        made.add_row(
            str(line.no), plain(line.sku), plain(case.names.get(line.sku, "")), f"{line.quantity:,}",
            money(line.unit_price, order.currency), money(value, order.currency),
        )  # fmt: skip
    for name, amount in (("shipping", order.shipping), ("discount", -order.discount)):
        if amount:
            made.add_row("", "", name, "", "", money(amount, order.currency), style="dim")
    made.add_row("", "", "total", "", "", money(order.total, order.currency), style="bold")
    return made


def _payments(case: Case) -> Table:
    made = table(
        "payment",
        "authorised",
        "captured",
        "refunded",
        "reference",
        right=("authorised", "captured", "refunded"),
        long=("reference",),
    )
    for one in case.payments:
        amounts = (money(amount, one.currency) for amount in (one.authorised, one.captured, one.refunded))
        made.add_row(f"{one.state} (revision {one.revision})", *amounts, plain(one.capture or one.authorisation))
    return made


def _postings(case: Case) -> Table:
    made = table("entry", "account", "debit", "credit", right=("debit", "credit"))
    for one in case.postings:
        sides = (money(one.amount, one.currency), "") if one.amount >= 0 else ("", money(-one.amount, one.currency))
        made.add_row(plain(one.entry), plain(one.account), *sides)
    return made


def _documents(case: Case) -> Table:
    made = table("number", "kind", "issued (UTC)", "net", "tax", "gross", "refers to", right=("net", "tax", "gross"))
    for one in case.documents:
        amounts = (money(amount, one.currency) for amount in (one.net, one.tax, one.gross))
        made.add_row(one.name, one.kind.replace("_", " "), instant(one.issued_ms), *amounts, one.refers_to)
    return made


def _parcels(case: Case) -> Table:
    made = table(
        "parcel", "state", "from", "carrier", "tracking", "weight", "contents", right=("weight",), long=("contents", "tracking")
    )
    for one in case.parcels:
        contents = ", ".join(f"{pieces} × {sku}" for sku, pieces in one.contents.items())
        made.add_row(
            f"{one.parcel} (revision {one.revision})", one.state.replace("_", " "), plain(one.warehouse), plain(one.carrier),
            plain(one.tracking), f"{one.weight_g:,} g", plain(contents),
        )  # fmt: skip
    return made


def _reservations(case: Case) -> Table:
    made = table("reservation", "line", "SKU", "warehouse", "pieces", right=("line", "pieces"))
    for one in case.reservations:
        made.add_row(
            f"{one.state} (revision {one.revision})", str(one.line_no), plain(one.sku), plain(one.warehouse), f"{one.quantity:,}"
        )
    return made


def _moves(case: Case) -> Table:
    made = table("moved (UTC)", "why", "SKU", "warehouse", "pieces", right=("pieces",))
    for one in case.moves:
        made.add_row(
            instant(one.at_ms),
            plain(f"{one.reason} {one.note}".strip()),
            plain(one.sku),
            plain(one.warehouse),
            f"{one.quantity:+,}",
        )
    return made


def _amendments(case: Case) -> Table:
    made = table("asked (UTC)", "by", "what", "change", "state", "because", long=("change", "because"))
    for one in case.amendments:
        change = "" if one.change == "{}" else plain(one.change)
        made.add_row(instant(one.asked_ms), plain(one.asked_by), one.action, change, one.state, plain(one.because))
    return made


def _tasks(case: Case) -> Table:
    made = table("task", "asked (UTC)", "to", "at", "because", "answer", right=("task",), long=("because", "answer"))
    for one in case.tasks:
        answer = f"{one.state} by {plain(one.decided_by)} {plain(one.note)}".strip() if one.decided_by else one.state
        made.add_row(str(one.id), instant(one.asked_ms), one.who, one.stage, plain(one.because), answer)
    return made


def _facts(steps: Sequence[Step]) -> Table | None:
    judged = next(
        (step for step in reversed(steps) if step.verdict in ("Pass", "Ask", "Refuse") and step.facts.startswith("{")), None
    )
    if judged is None:
        return None
    seen = f"as {judged.actor} saw it at {clock(judged.at_ms)} ({judged.activity})"
    made = table("fact", seen, long=(seen,))
    for fact in in_words(judged.facts, judged.because):
        made.add_row(Text(fact.name, "bold" if fact.marked else "dim"), plain(fact.text))
    return made

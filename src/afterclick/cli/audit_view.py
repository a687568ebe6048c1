"""What a search of the log found, in the terminal and as a document."""

from collections.abc import Mapping, Sequence

import msgspec

from afterclick.cli.output import console, plain, table, tell
from afterclick.control_room.words import instant
from afterclick.governance.allowed import Allowed
from afterclick.governance.audit.searching import Page


def document(found: Page, numbers: Mapping[int, str], allowed: Sequence[Allowed]) -> dict[str, object]:
    """The page with each order's number in its store, and what allowed each act; `next` is the cursor to go on with."""
    events = [
        {**msgspec.to_builtins(one), "order": numbers.get(one.order_id or 0, ""), "allowed": by}
        for one, by in zip(found.events, allowed, strict=True)
    ]
    return {"events": events, "next": found.next, "back_to_ms": found.back_to_ms}


def print_found(found: Page, numbers: Mapping[int, str], allowed: Sequence[Allowed]) -> None:
    """The events as a table, and how to go on."""
    made = table("when (UTC)", "what", "about", "verdict", "because", "by", "block", long=("about", "because"))
    for one, let in zip(found.events, allowed, strict=True):
        about = numbers.get(one.order_id, str(one.order_id)) if one.order_id else one.object or ""
        by = f"{one.actor} v{one.version}" if one.version else one.actor
        mode = "" if one.mode == "live" else f" [{one.mode}]"
        place = f"{one.block}.{one.seq}"
        why = "; ".join(filter(None, [one.because, let.said]))
        texts = (one.activity + mode, about, one.verdict, why, by, place)
        made.add_row(instant(one.at_ms), *(plain(text) for text in texts))
    if found.events:
        console().print(made)
    elif not found.next:
        tell("nothing in the log matches; leave a field out, or write less of it")
    if found.back_to_ms:
        tell(f"searched back to {instant(found.back_to_ms)} UTC; go on with --cursor {found.next}")
    elif found.next:
        tell(f"more: --cursor {found.next}")

"""The list of counts on paper and in a spreadsheet, and a filled list back: blind, so that it names no booked figure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from afterclick.governance.audit.spreadsheet import safe
from afterclick.inventory.counts.results import NotCountable
from afterclick.inventory.counts.tasks import Task

HEADINGS: Final = ("count", "warehouse", "sku", "name", "counted")
LONGEST: Final = 12


def written(tasks: Iterable[Task]) -> bytes:
    """The list as CSV in UTF-8, the last column empty for what is there."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(HEADINGS)
    for one in tasks:
        rows.writerow((one.id, safe(one.warehouse), safe(one.sku), safe(one.name), ""))
    return file.getvalue().encode()


def filled(fields: Mapping[str, str], *, prefix: str = "pieces_") -> list[tuple[int, int]]:
    """The results in a form: `pieces_<count>` → what is there; empty ones are left out.

    Raises:
        NotCountable: a figure is no whole number from 0 on; names its count.
    """
    given = [
        (name.removeprefix(prefix), text.strip()) for name, text in fields.items() if name.startswith(prefix) and text.strip()
    ]
    return [(_whole(number, number, "count"), _whole(text, number, "pieces")) for number, text in given]


def read(header: Sequence[str]) -> dict[str, int]:
    """Where the columns `count` and `counted` stand in a filled list.

    Raises:
        NotCountable: one of them is missing.
    """
    plain = [name.strip().lower() for name in header]
    missing = [name for name in ("count", "counted") if name not in plain]
    if missing:
        raise NotCountable(f"the file has no column {' and no column '.join(missing)}; fill in the list as it was given out")
    return {name: plain.index(name) for name in ("count", "counted")}


def _whole(text: str, number: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST:
        raise NotCountable(f"count {number[:20]}: {text[:40]!r} is no whole number from 0 on ({what})")
    return int(text)

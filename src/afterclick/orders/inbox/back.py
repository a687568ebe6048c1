"""The way back to the list that somebody came from, with its filter, and what they have just decided there."""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from afterclick.orders.inbox.tasks import task
from afterclick.orders.records import load
from afterclick.store.transaction import Tx

INBOX: Final = "/inbox"
FILTERS: Final = ("state", "who", "stage", "bot", "mine", "asked", "day", "failed", "cursor")
DONE: Final = "done"
"""Names a question in the address; what is said of it is looked up, so that nobody can write words onto the page by a link."""
LONGEST: Final = 1_000
_SAID: Final = {"approved": "approved", "edited": "changed and approved", "rejected": "rejected"}


class Decided(NamedTuple):
    """A question that somebody has decided, in a word, and its order as the store numbers it (0 and empty where it has none)."""

    task: int
    said: str
    order_id: int
    order: str


def address(query: Mapping[str, str]) -> str:
    """The list as it is chosen by these; whatever is no filter of it is left out."""
    chosen = urlencode({name: query[name] for name in FILTERS if query.get(name)})
    return f"{INBOX}?{chosen}" if chosen else INBOX


def checked(back: str) -> str:
    """The list that a form or an address names, put together anew: only ever our own inbox, by filters that it has."""
    if len(back) > LONGEST or not back.startswith(f"{INBOX}?"):
        return INBOX
    return address(dict(parse_qsl(urlsplit(back).query)))


def after(back: str, task_id: int) -> str:
    """Where somebody goes who has decided a question: the list that they came from, which says so."""
    back = checked(back)
    return f"{back}{'&' if '?' in back else '?'}{DONE}={task_id}"


def decided(tx: Tx, number: str) -> Decided | None:
    """What was decided about the question of this number; None where it is none, or nothing was."""
    found = task(tx, int(number)) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    if found is None or found.state not in _SAID:
        return None
    order = load(tx, [found.order_id]).get(found.order_id)
    return Decided(found.id, _SAID[found.state], found.order_id, order.external_id if order is not None else "")

"""The pretend mailbox: it writes down which notice was sent to whom."""

from collections.abc import Sequence

from afterclick.domain.message import Notice
from afterclick.ports.answer import Answer, Declined, Done
from afterclick.simulator.entries import NoticeEntry
from afterclick.simulator.ledger import Ledger


class SimulatedMailbox:
    """Implements `ports.mailbox.Mailbox`."""

    name = "mailbox"

    def __init__(self, *, ledger: Ledger) -> None:
        self._ledger = ledger

    def send(self, notices: Sequence[Notice]) -> Sequence[Answer[None]]:
        with self._ledger.booking():
            return self._ledger.once(NoticeEntry, notices, of=_order_id, act=_send, answer=_sent, named="notice")


def _send(notice: Notice) -> tuple[NoticeEntry, Answer[None] | None]:
    because = "" if "@" in notice.to else f"{notice.to[:60]!r} is no e-mail address"
    return NoticeEntry(notice.order_id, notice.key, notice.to, notice.template, because), None


def _sent(entry: NoticeEntry) -> Answer[None]:
    return Declined(entry.because) if entry.because else Done(None)


def _order_id(notice: Notice) -> int:
    return notice.order_id

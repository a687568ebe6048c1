"""The pretend payment provider: holds, captures, releases and refunds money, and sometimes loses its answer."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar
from zlib import crc32

from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.simulator.entries import CaptureEntry, HoldEntry, RefundEntry, ReleaseEntry
from afterclick.simulator.faults import Chance, Faults
from afterclick.simulator.ledger import Ledger

HOLDS_MS: Final = 7 * 86_400_000
"""How long an authorisation holds: seven days, as with most cards."""
_LOST: Final = Unavailable("timeout: the payment provider did not answer within 30 s")

Payable = TypeVar("Payable", HoldEntry, CaptureEntry, RefundEntry)


class SimulatedPayments:
    """Implements `ports.payments.Payments`. A token whose payment is declined is declined whatever the key.

    References carry the order's number, so that a hold or capture is found without an index of its own.
    """

    name = "payments"

    def __init__(self, *, ledger: Ledger, seed: int, faults: Faults, now_ms: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now_ms = now_ms
        self._declines = Chance(seed=seed, fault="payment_declined", rate=faults.payment_declined)
        self._loses = Chance(seed=seed, fault="payment_answer_lost", rate=faults.payment_answer_lost)

    def authorise(self, requests: Sequence[Authorise]) -> Sequence[Answer[Payment]]:
        expires_ms = self._now_ms() + HOLDS_MS

        def act(request: Authorise) -> tuple[HoldEntry, Answer[Payment] | None]:
            because = ""
            if request.amount <= 0:
                because = f"amount {request.amount} cannot be authorised: it must be above zero"
            elif request.token and self._declines.strikes(request.token):
                because = "card declined: insufficient funds"
            entry = HoldEntry(
                request.order_id, request.key, request.token, request.amount, request.currency, expires_ms, because=because
            )
            return entry, self._lost(request.key)

        def answer(entry: HoldEntry) -> Answer[Payment]:
            return _payment("au", entry, expires_ms=entry.expires_ms)

        with self._ledger.booking():
            return self._ledger.once(HoldEntry, requests, of=_order_id, act=act, answer=answer, named="authorise")

    def capture(self, requests: Sequence[Capture]) -> Sequence[Answer[Payment]]:
        with self._ledger.booking():
            holds = self._holds(request.authorisation for request in requests)
            changed: dict[str, HoldEntry] = {}
            now_ms = self._now_ms()

            def act(request: Capture) -> tuple[CaptureEntry, Answer[Payment] | None]:
                hold = holds.get(request.authorisation)
                because = _not_capturable(request, hold, now_ms)
                if hold is not None and not because:
                    hold.captured += request.amount
                    changed[request.authorisation] = hold
                entry = CaptureEntry(
                    request.order_id, request.key, request.authorisation, request.amount, request.currency, because=because
                )
                return entry, self._lost(request.key)

            def answer(entry: CaptureEntry) -> Answer[Payment]:
                return _payment("ca", entry)

            answers = self._ledger.once(CaptureEntry, requests, of=_order_id, act=act, answer=answer, named="capture")
            self._ledger.add(list(changed.values()))
            return answers

    def release(self, requests: Sequence[Release]) -> Sequence[Answer[None]]:
        with self._ledger.booking():
            holds = self._holds(request.authorisation for request in requests)
            changed: dict[str, HoldEntry] = {}

            def act(request: Release) -> tuple[ReleaseEntry, Answer[None] | None]:
                hold = holds.get(request.authorisation)
                because = ""
                if hold is None:
                    because = f"unknown authorisation {request.authorisation[:60]!r}"
                elif hold.captured:
                    because = f"captured: {hold.captured} of {request.authorisation} was taken already; refund it instead"
                else:
                    hold.released = 1
                    changed[request.authorisation] = hold
                return ReleaseEntry(request.order_id, request.key, request.authorisation, because), self._lost(request.key)

            answers = self._ledger.once(ReleaseEntry, requests, of=_order_id, act=act, answer=_nothing, named="release")
            self._ledger.add(list(changed.values()))
            return answers

    def refund(self, requests: Sequence[Refund]) -> Sequence[Answer[Payment]]:
        with self._ledger.booking():
            entries = self._ledger.find(CaptureEntry, _orders(request.capture for request in requests))
            captures = {_reference("ca", entry): entry for entry in entries if not entry.because}
            changed: dict[str, CaptureEntry] = {}

            def act(request: Refund) -> tuple[RefundEntry, Answer[Payment] | None]:
                capture = captures.get(request.capture)
                because = _not_refundable(request, capture)
                if capture is not None and not because:
                    capture.refunded += request.amount
                    changed[request.capture] = capture
                entry = RefundEntry(request.order_id, request.key, request.capture, request.amount, request.currency, because)
                return entry, self._lost(request.key)

            def answer(entry: RefundEntry) -> Answer[Payment]:
                return _payment("re", entry)

            answers = self._ledger.once(RefundEntry, requests, of=_order_id, act=act, answer=answer, named="refund")
            self._ledger.add(list(changed.values()))
            return answers

    def _holds(self, references: Iterable[str]) -> dict[str, HoldEntry]:
        return {
            _reference("au", entry): entry for entry in self._ledger.find(HoldEntry, _orders(references)) if not entry.because
        }

    def _lost(self, key: str) -> Unavailable | None:
        """The answer to a request whose own answer gets lost: the first time only, since the next time the key is known."""
        return _LOST if self._loses.strikes(key) else None


def _not_capturable(request: Capture, hold: HoldEntry | None, now_ms: int) -> str:
    if hold is None:
        return f"unknown authorisation {request.authorisation[:60]!r}"
    if hold.released:
        return f"released: {request.authorisation} was given back to the customer"
    if now_ms >= hold.expires_ms:
        return f"expired: {request.authorisation} no longer holds; authorise again"
    if request.currency != hold.currency:
        return f"currency {request.currency[:10]!r} is not that of the authorisation, {hold.currency}"
    if request.amount <= 0 or request.amount > hold.amount - hold.captured:
        return f"amount {request.amount} is not within the {hold.amount - hold.captured} left of {request.authorisation}"
    return ""


def _not_refundable(request: Refund, capture: CaptureEntry | None) -> str:
    if capture is None:
        return f"unknown capture {request.capture[:60]!r}"
    if request.currency != capture.currency:
        return f"currency {request.currency[:10]!r} is not that of the capture, {capture.currency}"
    if request.amount <= 0 or request.amount > capture.amount - capture.refunded:
        return f"amount {request.amount} is not within the {capture.amount - capture.refunded} left of {request.capture}"
    return ""


def _payment(prefix: str, entry: Payable, *, expires_ms: int = 0) -> Answer[Payment]:
    if entry.because:
        return Declined(entry.because)
    return Done(Payment(_reference(prefix, entry), entry.amount, expires_ms))


def _nothing(entry: ReleaseEntry) -> Answer[None]:
    return Declined(entry.because) if entry.because else Done(None)


def _reference(prefix: str, entry: Payable) -> str:
    return f"{prefix}-{entry.order_id}-{crc32(entry.key.encode()):08x}"


def _orders(references: Iterable[str]) -> set[int]:
    """The orders named in references; what is no reference of ours names none."""
    parts = (reference.split("-") for reference in references)
    return {int(part[1]) for part in parts if len(part) == 3 and part[1].isascii() and part[1].isdigit() and len(part[1]) < 19}


def _order_id(request: Authorise | Capture | Release | Refund) -> int:
    return request.order_id

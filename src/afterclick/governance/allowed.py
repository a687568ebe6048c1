"""Which line of which version of the policy allowed an effect, or judged an order."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.governance.audit.searching import Found
from afterclick.governance.cards import Card
from afterclick.governance.in_force import in_share
from afterclick.governance.policy_lines import Lines
from afterclick.governance.regimes import Regime, at, known
from afterclick.store.hashing import ERASED
from afterclick.store.transaction import Tx

_VERDICTS: Final = ("Pass", "Ask", "Refuse")
_LET_PAST: Final = "door.approved"
_APPROVED_BY: Final = "; approved by "
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {"vendors.order": ("buying", "order_most")}
"""Where else than in `[door.largest]` the policy limits an act."""


class Done(NamedTuple):
    """An event of the log, as far as it tells what allowed it."""

    activity: str
    actor: str
    batch: int | None
    at_ms: int
    order_id: int | None = None
    verdict: str = ""
    on_facts: bool = False
    """Whether facts were recorded with it, as they are with every verdict of a rule."""
    because: str = ""


class Allowed(msgspec.Struct, frozen=True):
    """The version (0: none is known), the number of the line in its text (0: no line, but `text` says what), and the line."""

    version: int
    line: int
    text: str

    @property
    def said(self) -> str:
        """In one line, as `policy 3, line 12: order_most = 50000`; empty for what needs no leave."""
        place = ", ".join([*([f"policy {self.version}"] if self.version else []), *([f"line {self.line}"] if self.line else [])])
        return ": ".join(filter(None, [place if self.text else "", self.text]))


def allowed_by(tx: Tx, happened: Sequence[Done]) -> list[Allowed]:
    """For each event, what allowed it; a handful of queries for all of them.

    An act on the outside: the line of `[door.largest]` that it kept to, or who let it past that line (`happened` has their
    yes too), or, where nothing limits it, the bot's card. A verdict: the line of the shop's rule, or the built-in rule.
    Everything else: an empty text.
    """
    batches = _regimes_of(tx, sorted({one.batch for one in happened if one.batch is not None}))
    regimes = known(tx, sorted(set(batches.values()) - {0}))
    cards = _cards(tx, sorted({one.actor for one in happened}))
    texts: dict[int, Lines] = {}
    yes = {_yes_to(one): one.because.rpartition(_APPROVED_BY)[2] for one in happened if one.activity == _LET_PAST}
    found: list[Allowed] = []
    for one in happened:
        regime = regimes.get(batches.get(one.batch or 0, 0)) or at(tx, one.at_ms)
        number = _deciding(regime, one.order_id)
        if number not in texts:
            texts[number] = Lines(tx.value("SELECT text FROM policy_versions WHERE number = ?", (number,)) or "")
        approver = yes.get((one.batch, one.order_id, one.activity)) or yes.get((one.batch, one.order_id, ""), "")
        found.append(_allowed(one, number, texts[number], cards.get(one.actor), approver))
    return found


def of_events(tx: Tx, found: Sequence[Found]) -> list[Allowed]:
    """For each event that a search of the log has found, what allowed it; see `allowed_by`."""
    condition, value = tx.among(sorted({one.block for one in found}))
    batches = dict(tx.rows(f"SELECT number, batch FROM blocks WHERE number {condition}", (value,)))  # noqa: S608
    sql = f"SELECT block, order_id, because FROM events WHERE block {condition} AND activity = ?"  # noqa: S608
    yes = [
        Done(_LET_PAST, "", batches[block], 0, order_id, because=because)
        for block, order_id, because in tx.rows(sql, (value, _LET_PAST))
    ]
    happened = [
        Done(one.activity, one.actor, batches[one.block], one.at_ms, one.order_id, one.verdict, bool(one.facts), one.because)
        for one in found
    ]
    return allowed_by(tx, [*happened, *yes])[: len(happened)]


def _deciding(regime: Regime | None, order_id: int | None) -> int:
    if regime is None:
        return 0
    tried = regime.how == "canary" and order_id is not None and in_share(regime.trial, order_id, regime.share)
    return regime.trial if tried else regime.active


def _yes_to(one: Done) -> tuple[int | None, int | None, str]:
    """The batch, the order and the act that somebody let past its limit; no act where the reason that names it was erased."""
    return one.batch, one.order_id, "" if one.because == ERASED else one.because.partition(" ")[0]


def _allowed(one: Done, number: int, lines: Lines, card: Card | None, approver: str) -> Allowed:
    port, _, act = one.activity.partition(".")
    if card is not None and card.allows(port, act):
        line = lines.exact(("door", "largest", one.activity)) or lines.exact(_ALSO.get(one.activity, ("",)))
        if approver == ERASED and line:  # over the line or within it: nobody can tell any more
            return Allowed(number, 0, "")
        if approver and approver != ERASED:  # the line forbade it, so it is no line that allowed it
            over = f"over line {line} ({lines.text(line)})" if line else "over its limit"
            return Allowed(number, 0, f"{over}; approved by {approver}")
        unwritten = f"the built-in limits of [{_ALSO[one.activity][0]}]" if one.activity in _ALSO else "no limit"
        return Allowed(number, line, lines.text(line) if line else f"{unwritten}; the card of {card.id} allows {one.activity}")
    if one.verdict not in _VERDICTS or not one.on_facts:
        return Allowed(number, 0, "")
    rule = one.activity.partition("/")[2] or _passed_by(one, lines)
    line = lines.rule(rule) if rule else 0
    built_in = "the built-in rules" if one.activity == "judged" else f"the built-in rule {one.activity}"
    return Allowed(number, line, lines.text(line) if line else "" if rule else built_in)


def _passed_by(one: Done, lines: Lines) -> str:
    """The shop's rule that let an order pass, which the log names among the rules of that pass; empty for none."""
    named = (part.partition(": ")[0].partition("/")[2] for part in one.because.split("; ")) if one.activity == "judged" else ()
    return next((rule for rule in named if rule and lines.rule(rule)), "")


def _regimes_of(tx: Tx, batches: list[int]) -> Mapping[int, int]:
    """Batch → the regime under which it ran."""
    condition, value = tx.among(batches)
    return {row[0]: row[1] for row in tx.rows(f"SELECT id, policy FROM batches WHERE id {condition}", (value,))}  # noqa: S608


def _cards(tx: Tx, actors: list[str]) -> Mapping[str, Card]:
    condition, value = tx.among(actors)
    rows = tx.rows(f"SELECT id, card FROM bots WHERE id {condition}", (value,))  # noqa: S608
    return {row[0]: msgspec.json.decode(row[1], type=Card) for row in rows}

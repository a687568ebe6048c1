"""Which line of which version of the policy allowed an effect, or judged an order."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.governance.cards import Card
from afterclick.governance.in_force import in_share
from afterclick.governance.policy_lines import Lines
from afterclick.governance.regimes import Regime, at, known
from afterclick.store.transaction import Tx

_VERDICTS: Final = ("Pass", "Ask", "Refuse")


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


class Allowed(msgspec.Struct, frozen=True):
    """The version (0: none is known), the number of the line in its text (0: no line, but `text` says what), and the line."""

    version: int
    line: int
    text: str


def allowed_by(tx: Tx, happened: Sequence[Done]) -> list[Allowed]:
    """For each event, what allowed it; a handful of queries for all of them.

    An act on the outside: the line of `[door.largest]` that it kept to, or, where that limits nothing, the bot's card. A
    verdict: the line of the shop's rule, or the built-in rule. Everything else: an empty text.
    """
    batches = _regimes_of(tx, sorted({one.batch for one in happened if one.batch is not None}))
    regimes = known(tx, sorted(set(batches.values()) - {0}))
    cards = _cards(tx, sorted({one.actor for one in happened}))
    texts: dict[int, Lines] = {}
    found: list[Allowed] = []
    for one in happened:
        regime = regimes.get(batches.get(one.batch or 0, 0)) or at(tx, one.at_ms)
        number = _deciding(regime, one.order_id)
        if number not in texts:
            texts[number] = Lines(tx.value("SELECT text FROM policy_versions WHERE number = ?", (number,)) or "")
        found.append(_allowed(one, number, texts[number], cards.get(one.actor)))
    return found


def _deciding(regime: Regime | None, order_id: int | None) -> int:
    if regime is None:
        return 0
    tried = regime.how == "canary" and order_id is not None and in_share(regime.trial, order_id, regime.share)
    return regime.trial if tried else regime.active


def _allowed(one: Done, number: int, lines: Lines, card: Card | None) -> Allowed:
    port, _, act = one.activity.partition(".")
    if card is not None and card.allows(port, act):
        line = lines.exact(("door", "largest", one.activity))
        return Allowed(number, line, lines.text(line) if line else f"no limit; the card of {card.id} allows {one.activity}")
    if one.verdict not in _VERDICTS or not one.on_facts:
        return Allowed(number, 0, "")
    rule = one.activity.partition("/")[2]
    line = lines.rule(rule) if rule else 0
    built_in = "the built-in rules" if one.activity == "judged" else f"the built-in rule {one.activity}"
    return Allowed(number, line, lines.text(line) if line else "" if rule else built_in)


def _regimes_of(tx: Tx, batches: list[int]) -> Mapping[int, int]:
    """Batch → the regime under which it ran."""
    condition, value = tx.among(batches)
    return {row[0]: row[1] for row in tx.rows(f"SELECT id, policy FROM batches WHERE id {condition}", (value,))}  # noqa: S608


def _cards(tx: Tx, actors: list[str]) -> Mapping[str, Card]:
    condition, value = tx.among(actors)
    rows = tx.rows(f"SELECT id, card FROM bots WHERE id {condition}", (value,))  # noqa: S608
    return {row[0]: msgspec.json.decode(row[1], type=Card) for row in rows}

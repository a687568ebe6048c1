"""Who may own a bot: a person who may come in, or a team that the office knows."""

from typing import Final

import msgspec

from afterclick.governance.permissions import DESKS, ROLES
from afterclick.governance.policy import PolicyError, read
from afterclick.store.transaction import Tx

PERSON: Final = "person:"
TEAMS: Final = frozenset({"operations", "finance", "fraud", "shipping", "warehouse", "buying", *DESKS, *ROLES})
"""Teams that every office has: those that the built-in rules ask, the desks, and everybody of a role."""
_NAME_ANOTHER: Final = "name another with `afterclick bots own`"


class _Owned(msgspec.Struct, frozen=True):
    """A card, as far as its owner goes."""

    owner: str = ""


def no_owner(tx: Tx, owner: str) -> str:
    """Why nobody answers for what this owner's bot does; empty where somebody does."""
    if not owner:
        return "nobody owns it; name an owner with `afterclick bots own`"
    if not owner.startswith(PERSON):
        if owner in TEAMS or owner in _named(tx):
            return ""
        return f"the office knows no team {owner[:80]!r}; {_NAME_ANOTHER}: a person as person:NAME, or a team such as operations"
    state = tx.value("SELECT state FROM people WHERE handle = ?", (owner.removeprefix(PERSON),))
    if state is None:
        return f"its owner {owner[:80]} is nobody whom the office knows (`afterclick people list`); {_NAME_ANOTHER}"
    return "" if state == "active" else f"its owner {owner} may not come in any more; {_NAME_ANOTHER}"


def _named(tx: Tx) -> set[str]:
    """Teams that the shop's own texts name: the cards in the register, and the rules of the policy in force."""
    cards = tx.rows("SELECT card FROM bots WHERE card <> ''")
    found = {msgspec.json.decode(row[0], type=_Owned).owner for row in cards}
    for (text,) in tx.rows("SELECT text FROM policy_versions WHERE state = 'active'"):
        try:
            found |= {team for rule in read(text).rules for team in (rule.owner, rule.who)}
        except PolicyError:  # written for another version of this program, so its names cannot be told
            continue
    return {team for team in found if not team.startswith(PERSON)}

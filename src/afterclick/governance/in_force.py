"""The policy in force, ready to judge with: the active version, and beside it one on trial, in shadow or on a share."""

import zlib
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from afterclick.governance.policy import Policy, PolicyError, read
from afterclick.governance.policy_words import changes
from afterclick.governance.shop_rules.compiled import ShopRules, compiled

How = Literal["", "shadow", "canary"]
OF_ITEMS: Final = frozenset(["orders", "buying", "door", "rules", "order of the rules"])
"""The parts of a policy that decide about one item at a time, so that a share of the items can be decided otherwise."""
_SHARES: Final = 10_000


class Ready(NamedTuple):
    """One version: its number (0: given by hand, as in tests), its limits, and its rules by the kind of item."""

    number: int
    policy: Policy
    shop: Mapping[str, ShopRules]

    @staticmethod
    def of(number: int, policy: Policy) -> "Ready":
        """A policy made ready.

        Raises:
            NotCompiled: the condition of a rule is no CEL.
        """
        return Ready(number, policy, compiled(policy.rules))


class InForce(NamedTuple):
    """What judges: `share` is the percentage of items that a canary decides. A batch keeps the regime that it began with."""

    regime: int
    active: Ready
    trial: Ready | None = None
    how: How = ""
    share: int = 0

    @staticmethod
    def given(policy: Policy) -> "InForce":
        """A policy by itself, outside any history."""
        return InForce(0, Ready.of(0, policy))

    @property
    def shadow(self) -> Ready | None:
        """The version that is judged beside the active one and decides nothing."""
        return self.trial if self.how == "shadow" else None

    @property
    def canary(self) -> Ready | None:
        """The version that decides for its share of the items."""
        return self.trial if self.how == "canary" else None

    def decides(self, item: int) -> Ready:
        """The version that decides about this item."""
        trial = self.trial
        return trial if self.how == "canary" and trial is not None and in_share(trial.number, item, self.share) else self.active


def in_share(version: int, item: int, share: int) -> bool:
    """Whether an item belongs to the share (percent) of a version on trial; always the same answer for the same version."""
    return zlib.crc32(f"{version}:{item}".encode()) % _SHARES < share * _SHARES // 100


def of_the_whole_office(active: str, text: str) -> list[str]:
    """The tables in which a text differs from the active one and which no share of the items can try, by name."""
    try:
        names = {change.name for change in changes(read(active), read(text))}
    except PolicyError:  # written for another version of this program; what differs cannot be told
        return []
    return sorted({name.partition(".")[0] for name in names} - OF_ITEMS)

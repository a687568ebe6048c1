"""Who may do what with the policy, and what its pages are given."""

from typing import Annotated, Final, NamedTuple

from fastapi import Depends

from afterclick.control_room.access import Needs
from afterclick.control_room.problems import Problem
from afterclick.engine.bots import Fleet
from afterclick.engine.replay import judges
from afterclick.governance import replays, versions
from afterclick.governance.actor import Actor
from afterclick.governance.versions import NotPossible, Version
from afterclick.store.transaction import Tx

SeesPolicy = Annotated[Actor, Depends(Needs("policy.read"))]
ProposesPolicy = Annotated[Actor, Depends(Needs("policy.propose"))]
ActivatesPolicy = Annotated[Actor, Depends(Needs("policy.activate"))]
REPLAYING: Final = Needs("policy.propose", or_else="policy.activate")
"""Replaying changes nothing, but costs the machine: those may who propose versions or put them in force."""
ReplaysPolicy = Annotated[Actor, Depends(REPLAYING)]
TRYING: Final = Needs("bots.operate", or_else="bots.approve")
"""A bot's new version is tried by those who may let it work, or approve it."""
TriesBots = Annotated[Actor, Depends(TRYING)]


def sees_orders(who: Actor) -> bool:
    """Whether single orders may be shown: the policy holds for the whole office, but orders are a desk's."""
    return "order" in replays.seen_by(who)


class Policing(NamedTuple):
    """The bots whose verdicts are replayed, and how many minutes a question costs a person."""

    fleet: Fleet
    question_minutes: float = 4.0

    def judges(self, bot: str) -> bool:
        """Whether a bot records verdicts that can be replayed."""
        return judges(self.fleet[bot])


def found_version(tx: Tx, number: int) -> Version:
    """A version.

    Raises:
        Problem: 404, there is none.
    """
    try:
        return versions.version(tx, number if 0 < number < 2**62 else 0)
    except NotPossible as error:
        raise Problem(404, f"there is no version {number} of the policy") from error

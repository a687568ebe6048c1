"""Whoever acts in the office: a person, a program with a token, or a bot; and what they may do."""

from typing import Final

import msgspec

from afterclick.governance.permissions import DESKS, OF_A_DESK, ROLES, Desk, Permission, Role, permitted

ALONE: Final = "no second person: the shop is run alone"
"""The mark in the log on what one person did that otherwise takes two."""
ON_THE_MACHINE: Final = "both halves were done on the office's machine by its user {}, who needs no second person there"
"""The mark where the user of the machine did both: they may whatever the office's files allow, however many people there are."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts. `id` is how the log names them: `person:anna`, `token:warehouse-screen`, `machine:root`.

    `desks` limits what concerns one desk (`OF_A_DESK`); `only`, where it is given, are the permissions of a token's scope.
    `alone`: may do both halves of what otherwise takes two: one person runs the shop, or it is the machine's user; the log says
    which.
    `also` are the other names of whoever stands behind this one: a person's tokens, or a token's person.
    `bot` is the bot whose token this is; it stays within that bot's card.
    """

    id: str
    name: str
    roles: frozenset[Role]
    desks: frozenset[Desk] = frozenset(DESKS)
    only: frozenset[Permission] | None = None
    session: str = ""
    alone: bool = False
    also: frozenset[str] = frozenset()
    bot: str = ""

    def may(self, permission: Permission, *, desk: Desk | None = None) -> bool:
        """Whether this actor may do that; of what concerns a desk, at any of theirs unless one is named."""
        if permission not in permitted(self.roles) or (self.only is not None and permission not in self.only):
            return False
        if permission not in OF_A_DESK:
            return True
        return desk in self.desks if desk is not None else bool(self.desks)

    def may_second(self, proposed_by: str) -> bool:
        """Whether this actor may approve what that one proposed: nobody approves their own, nor what their token proposed."""
        return self.alone or not self.is_self(proposed_by)

    def is_self(self, actor_id: str) -> bool:
        """Whether that name is this actor's own, or that of a token of theirs."""
        return actor_id == self.id or actor_id in self.also

    def alone_in(self, proposed_by: str) -> str:
        """What the log has to say where this actor approves what is their own, and why they may; empty otherwise."""
        if not self.alone or not self.is_self(proposed_by):
            return ""
        return ON_THE_MACHINE.format(self.name) if self.id.startswith("machine:") else ALONE


EVERYTHING: Final = frozenset(ROLES)

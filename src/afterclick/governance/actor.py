"""Whoever acts in the office: a person, a program with a token, or a bot; and what they may do."""

from typing import Final

import msgspec

from afterclick.governance.permissions import DESKS, OF_A_DESK, ROLES, Desk, Permission, Role, permitted


class Actor(msgspec.Struct, frozen=True):
    """Who acts. `id` is how the log names them: `person:anna`, `token:warehouse-screen`, `bot:orders.fulfil`.

    `desks` limits what concerns one desk (`OF_A_DESK`); `only`, where it is given, are the permissions of a token's scope.
    `alone`: the shop is run by one person, who may do both halves of what otherwise takes two; the log says so.
    """

    id: str
    name: str
    roles: frozenset[Role]
    desks: frozenset[Desk] = frozenset(DESKS)
    only: frozenset[Permission] | None = None
    session: str = ""
    alone: bool = False

    def may(self, permission: Permission, *, desk: Desk | None = None) -> bool:
        """Whether this actor may do that; of what concerns a desk, at any of theirs unless one is named."""
        if permission not in permitted(self.roles) or (self.only is not None and permission not in self.only):
            return False
        if permission not in OF_A_DESK:
            return True
        return desk in self.desks if desk is not None else bool(self.desks)

    def may_second(self, proposed_by: str) -> bool:
        """Whether this actor may approve what that one proposed: nobody approves their own."""
        return self.alone or proposed_by != self.id


EVERYTHING: Final = frozenset(ROLES)

"""What a rule says of an item: it may pass, a person must be asked, or it is refused."""

from typing import TypeAlias

import msgspec


class Pass(msgspec.Struct, frozen=True):
    """Go on; `because` is kept for the record where a rule has something to say all the same."""

    because: str = ""


class Ask(msgspec.Struct, frozen=True):
    """A person in the role `who` has to decide, for the reason given."""

    who: str
    because: str
    proposal: str = "approve"


class Refuse(msgspec.Struct, frozen=True):
    """Never do this; no person is asked."""

    because: str


class Wait(msgspec.Struct, frozen=True):
    """Not now: the item waits for a system or for stock. A stage may say this, a rule may not.

    `on` names what is waited for: `stock`, `payments`, `carrier:<name>`, `warehouse`, `store`.
    """

    on: str
    because: str
    retry_after_ms: int = 60_000


class Done(msgspec.Struct, frozen=True):
    """The item is through: nothing is left to do in this story."""

    state: str
    because: str = ""


Verdict: TypeAlias = Pass | Ask | Refuse
Leaving: TypeAlias = Ask | Refuse | Wait | Done

PASS = Pass()

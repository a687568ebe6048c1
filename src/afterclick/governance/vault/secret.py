"""A secret in hand: whatever shows, copies or writes it gives `•••`; only `reveal` gives the value."""

from collections.abc import Callable
from typing import Any

from afterclick.governance.vault.errors import LeaseEnded
from afterclick.governance.vault.redaction import HIDDEN


class Secret(str):
    """A text that is `•••` to everything: `repr`, f-strings, JSON, pickle, copies, comparisons.

    The value is in no attribute, so that what walks over objects, such as a debugger's report, does not come upon it.
    """

    __slots__ = ("_value",)
    _value: "Callable[[], str]"

    def __new__(cls, value: Callable[[], str]) -> "Secret":
        made = str.__new__(cls, HIDDEN)
        made._value = value
        return made

    def reveal(self) -> str:
        """The value. Hand it on at once; do not keep it.

        Raises:
            LeaseEnded: the block of the lease is over.
        """
        return self._value()

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        return str, (HIDDEN,)


class Lent:
    """A value for as long as its lease lasts."""

    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._held = [value]

    def secret(self) -> Secret:
        """What the borrower gets."""
        name, held = self._name, self._held

        def value() -> str:
            if not held:
                raise LeaseEnded(f"the lease of secret {name} has ended: use it inside the `with` block, or lease it again")
            return held[0]

        return Secret(value)

    def end(self) -> None:
        """The value is gone from here."""
        self._held.clear()

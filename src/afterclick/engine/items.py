"""What the engine must know of the things a bot works on, whatever they are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from afterclick.domain.verdict import Leaving
from afterclick.governance.policy import Policy
from afterclick.store.transaction import Tx

if TYPE_CHECKING:
    from afterclick.engine.batch import Batch

T = TypeVar("T")


class Left(NamedTuple):
    """An item that left its batch: at which stage and why."""

    item: int
    stage: str
    leaving: Leaving


class Judged(Protocol):
    """Facts of any kind."""

    @property
    def worth(self) -> tuple[int, str]:
        """The amount that hangs on the verdict, in minor units, and its currency."""
        ...


class Items(Protocol[T]):
    """The items of one kind, in the database. Every call is about a whole batch."""

    kind: str
    facts: type[Judged] | None
    """What the rules judge, as the log records it; None where a replay cannot judge it anew."""

    def claim(self, tx: Tx, ids: Sequence[int], *, batch: int, now_ms: int) -> list[int]:
        """Take free items for a batch; those that are gone, done or in another batch are left out."""
        ...

    def load(self, tx: Tx, ids: Sequence[int]) -> dict[int, T]:
        """The items as they are now, in the order of `ids`."""
        ...

    def gather(self, batch: "Batch[T]", items: Sequence[T]) -> Sequence[Any]:
        """The facts that this kind's rules judge, one for each item."""
        ...

    def limits(self, policy: Policy) -> Any:
        """The part of the policy that this kind's rules are given."""
        ...

    def interrupted(self, tx: Tx, *, batch: int) -> dict[int, str]:
        """Items of the batch that somebody wants back: id → reason. They leave it at the next stage."""
        ...

    def leave(self, tx: Tx, left: Sequence[Left], *, batch: int, now_ms: int) -> None:
        """Write down in which state items leave the batch, so that others may take them."""
        ...

    def release(self, tx: Tx, ids: Sequence[int], *, batch: int, stage: str, now_ms: int) -> None:
        """Free the items of a batch that was given up; they are queued again at `stage` (empty: where the batch began)."""
        ...


class NoItems:
    """For bots that start by the clock and look after their work themselves."""

    kind = ""
    facts: type[Judged] | None = None

    def claim(self, tx: Tx, ids: Sequence[int], *, batch: int, now_ms: int) -> list[int]:
        return []

    def load(self, tx: Tx, ids: Sequence[int]) -> dict[int, None]:
        return {}

    def gather(self, batch: "Batch[None]", items: Sequence[None]) -> Sequence[Any]:
        return ()

    def limits(self, policy: Policy) -> Any:
        return None

    def interrupted(self, tx: Tx, *, batch: int) -> dict[int, str]:
        return {}

    def leave(self, tx: Tx, left: Sequence[Left], *, batch: int, now_ms: int) -> None:
        """Nothing to write down."""

    def release(self, tx: Tx, ids: Sequence[int], *, batch: int, stage: str, now_ms: int) -> None:
        """Nothing to free."""

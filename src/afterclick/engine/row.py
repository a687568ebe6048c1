"""A batch as it was claimed: its items, and where in its story it goes on."""

import msgspec

from afterclick.governance.cards import Mode
from afterclick.store.transaction import Tx


class Row(msgspec.Struct, frozen=True):
    """A batch as it was claimed. `resume` is where in the story it goes on: empty, `at:<stage>` or `after:<stage>`;
    `progress` holds, for each stage that is through, the items that left there; `policy` is the regime under which it runs."""

    id: int
    items: list[int]
    priority: int = 5
    resume: str = ""
    progress: dict[str, list[int]] = {}
    policy: int = 0


def found(tx: Tx, batch: int) -> tuple[str, Mode, Row]:
    """A batch from the database: its bot, the bot's mode, and the row."""
    bot_id, items, priority, resume, progress, policy, mode = tx.rows(
        "SELECT b.bot, b.items, b.priority, b.resume, b.progress, b.policy, COALESCE(r.mode, 'live') FROM batches b"
        " LEFT JOIN bots r ON r.id = b.bot WHERE b.id = ?",
        (batch,),
    )[0]
    through = msgspec.json.decode(progress, type=dict[str, list[int]])
    return bot_id, mode, Row(batch, msgspec.json.decode(items, type=list[int]), priority, resume, through, policy)


class Resume:
    """Where a story goes on: what comes before is skipped, once and in the story's order."""

    def __init__(self, resume: str) -> None:
        self._how, _, at = resume.partition(":")
        self._at = at.partition("/")[0]  # a rule of the shop is judged with the story's last rule: `genuine/large`

    def skips(self, name: str) -> bool:
        """Whether the story has not yet come to where the batch goes on."""
        if not self._at:
            return False
        if name != self._at:
            return True
        self._at = ""
        return self._how == "after"

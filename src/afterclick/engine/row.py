"""A batch as it was claimed: its items, and where in its story it goes on."""

import msgspec


class Row(msgspec.Struct, frozen=True):
    """A batch as it was claimed. `resume` is where in the story it goes on: empty, `at:<stage>` or `after:<stage>`;
    `progress` holds, for each stage that is through, the items that left there."""

    id: int
    items: list[int]
    priority: int = 5
    resume: str = ""
    progress: dict[str, list[int]] = {}


class Resume:
    """Where a story goes on: what comes before is skipped, once and in the story's order."""

    def __init__(self, resume: str) -> None:
        self._how, _, self._at = resume.partition(":")

    def skips(self, name: str) -> bool:
        """Whether the story has not yet come to where the batch goes on."""
        if not self._at:
            return False
        if name != self._at:
            return True
        self._at = ""
        return self._how == "after"

"""A witness that is a file: one JSON line for each head of the log, only ever added to."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from afterclick.domain.anchor import Head
from afterclick.ports.answer import Answer, Done, Unavailable


class AnchorLine(msgspec.Struct, frozen=True):
    """One line of an anchor file; `at` is ISO 8601 in UTC."""

    office: str
    block: int
    hash: str
    at: str

    @staticmethod
    def of(head: Head) -> "AnchorLine":
        at = datetime.fromtimestamp(head.at_ms // 1000, UTC).replace(microsecond=head.at_ms % 1000 * 1000)
        return AnchorLine(head.office, head.block, head.hash, at.isoformat(timespec="milliseconds"))


class AnchorFile:
    """Implements `ports.witness.Witness`. The file should lie where nobody who can write to the office's database can write."""

    def __init__(self, path: Path, *, name: str = "file") -> None:
        self.name = name
        self._path = path

    def keep(self, heads: Sequence[Head]) -> Sequence[Answer[None]]:
        """Add the heads that are not there yet; on the disk when it returns."""
        if not heads:
            return []
        try:
            known = set(self._path.read_bytes().splitlines()) if self._path.exists() else set[bytes]()
            lines = [msgspec.json.encode(AnchorLine.of(head)) for head in heads]
            with self._path.open("ab") as file:
                file.writelines(line + b"\n" for line in dict.fromkeys(lines) if line not in known)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return [Unavailable(f"the anchor file cannot be written: {error.strerror or error}")] * len(heads)
        return [Done(None)] * len(heads)

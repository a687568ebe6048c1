"""Price lists that people or programs lay into a folder of the office, read like pages."""

import hashlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from afterclick.ports.answer import Answer, Done
from afterclick.ports.web import Fetched, Visit

FILE: Final = "file:"
LARGEST: Final = 50_000_000
"""Bytes of a file."""


class PriceFolder:
    """Implements `ports.web.Web` for addresses such as `file:winter.xlsx`: files in one folder, and nowhere else.

    A file that is as it was (size and time of its last change) answers 304, like a page.
    """

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: deque[Visit] = deque()

    def fetch(self, visits: Sequence[Visit]) -> Sequence[Answer[None]]:
        for visit in visits:
            if visit.key not in {one.key for one in self._waiting}:
                self._waiting.append(visit)
        return [Done(None) for _ in visits]

    def arrived(self, limit: int) -> Sequence[Fetched]:
        return [self.visit(self._waiting.popleft()) for _ in range(min(limit, len(self._waiting)))]

    def held(self) -> int:
        return len(self._waiting)

    def visit(self, visit: Visit) -> Fetched:
        """Read one file at once."""
        name = visit.url.removeprefix(FILE)
        root = self._folder.resolve()
        path = (root / name).resolve()
        if not name or not path.is_relative_to(root):
            return Fetched(visit.key, 0, f"{name[:100]} does not lie in {self._folder}; lay the price list there", visit.url)
        try:
            stat = path.stat()
            mark = f"{stat.st_size}-{stat.st_mtime_ns}"
            if visit.etag == mark:
                return Fetched(visit.key, 304, "", visit.url, etag=mark)
            if stat.st_size > LARGEST:
                said = f"{name[:100]} has {stat.st_size:,} bytes, more than {LARGEST:,}"
                return Fetched(visit.key, 0, said, visit.url)
            body = path.read_bytes()
        except OSError as error:
            said = f"{name[:100]} in {self._folder} cannot be read: {error.strerror or error}"
            return Fetched(visit.key, 0, said, visit.url)
        return Fetched(visit.key, 200, "", visit.url, "", mark, "", hashlib.sha256(body).hexdigest(), body=body)

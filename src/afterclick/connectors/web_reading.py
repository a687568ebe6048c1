"""Reads what a site answers, within limits of size, time and swelling."""

import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

import httpx

ACCEPTED: Final = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.9,text/csv;q=0.9,application/pdf;q=0.8,*/*;q=0.5"
)
_PAGES: Final = ("text/html", "application/xhtml")
_TABLES: Final = (
    "application/pdf", "text/csv", "application/csv", "application/json", "application/xml", "text/xml", "text/plain",
    "text/tab-separated", "application/rss", "application/atom", "application/vnd.", "application/octet-stream",
    "application/zip", "application/x-zip", "application/msexcel", "application/feed", "application/ld+json",
    "binary/octet-stream",
)  # fmt: skip


class Limits(NamedTuple):
    """Within what a page is read: bytes of a page and of a price list, seconds for a sign of life and for the whole."""

    page: int = 8_000_000
    table: int = 50_000_000
    answer_s: float = 15.0
    whole_s: float = 60.0

    @property
    def of_robots(self) -> "Limits":
        """The limits for robots.txt: what is longer is read no further, see `web_manners`."""
        return Limits(512_000, 512_000, self.answer_s, min(self.whole_s, 20.0))


class Refused(ValueError):
    """A page is not read; says why."""


def body_within(answer: httpx.Response, limits: Limits, *, clock: Callable[[], float]) -> bytes:
    """The body of an answer, unpacked.

    Raises:
        Refused: it is too large, swells when unpacked, drips, or is neither page nor table.
    """
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind and not kind.startswith((*_PAGES, *_TABLES)):
        raise Refused(f"it is of type {kind[:60]}, which is neither a page nor a price list")
    largest = limits.page if kind.startswith(_PAGES) or not kind else limits.table
    packed = answer.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Refused(f"it is packed as {packed[:20]}, which was not asked for")
    claimed = answer.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > largest:
        raise Refused(f"it has {int(claimed):,} bytes, more than {largest:,}")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed not in ("", "identity") else None
    began, got, parts = clock(), 0, list[bytes]()
    for raw in answer.iter_raw():
        if clock() - began > limits.whole_s:
            raise Refused(f"it drips: after {limits.whole_s:.0f} seconds it was not through")
        try:
            part = raw if unpack is None else unpack.decompress(raw, largest + 1 - got)
        except zlib.error as error:
            raise Refused(f"it is damaged: {error}") from error
        got += len(part)
        parts.append(part)
        if got > largest or (unpack is not None and unpack.unconsumed_tail):
            raise Refused(f"it has more than {largest:,} bytes" + (" when unpacked" if unpack is not None else ""))
    return b"".join(parts)

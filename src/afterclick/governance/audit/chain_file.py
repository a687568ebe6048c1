"""The log as a file that anybody can verify without the office: JSON lines, gzip if its name ends in .gz."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from afterclick.store import log
from afterclick.store.chain import Chain, Recorded, Verified
from afterclick.store.hashing import Block, Erasure, Event
from afterclick.store.transaction import Tx

FORMAT: Final = "afterclick-chain"
VERSION: Final = 1
LONGEST_LINE: Final = 256 * 1024 * 1024
_TOLD_EVERY: Final = 1_000


class ChainFileError(ValueError):
    """The file is no export of a log that this program can read."""


class _First(msgspec.Struct, frozen=True):
    format: str
    version: int
    office: str
    exported_ms: int


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A block: number, previous, hash, at_ms, actor, version, mode, batch, duration_us; its seed, events and erasure."""

    block: tuple[int, str, str, int, str, str, str, int | None, int]
    events: tuple[tuple[str, int | None, str | None, str, str, str, str | None], ...]
    seed: str = ""
    erased: dict[int, str] = {}
    salts: str = ""
    plain: str = ""


class _Last(msgspec.Struct, frozen=True):
    """What the last line counts, so that a file that ends early is noticed."""

    blocks: int
    events: int
    head: str


class _End(msgspec.Struct, frozen=True):
    end: _Last


def lines(tx: Tx, *, office: str, now_ms: int) -> Iterator[bytes]:
    """The whole log as lines of a chain file, each with its line break."""
    encode = msgspec.json.encode
    yield encode(_First(FORMAT, VERSION, office, now_ms)) + b"\n"
    blocks, events, head = 0, 0, log.GENESIS
    for one in log.recorded(tx):
        blocks, events, head = blocks + 1, events + len(one.happened), one.hash
        yield encode(_written(one)) + b"\n"
    yield encode(_End(_Last(blocks, events, head))) + b"\n"


def write(tx: Tx, path: Path, *, office: str, now_ms: int) -> int:
    """Write the log to a file; returns its size in bytes. A file that is there is not overwritten."""
    with path.open("xb") as raw, _packed(raw, path) as file:
        for line in lines(tx, office=office, now_ms=now_ms):
            file.write(line)
    return path.stat().st_size


def verify(path: Path, *, anchors: Mapping[int, str] | None = None, progress: Callable[[int], None] | None = None) -> Verified:
    """Walk the chain in a file, as `log.verify` does in an office.

    Raises:
        ChainFileError: it is no chain file, or one of a newer version.
    """
    with path.open("rb") as raw, _unpacked(raw) as file:
        _check_first(path, file.readline(LONGEST_LINE))
        chain = Chain(anchors)
        ended = False
        last = 0
        while line := _next(file, path):
            end = _end(line)
            if end is not None:
                ended = True
                _ends(chain, end)
                if _next(file, path):
                    chain.broken(last + 1, "something follows the last line of the file")
                break
            one = _read(line)
            if one is None:
                chain.broken(last + 1, f"block {last + 1} cannot be read: its line was changed")
                return chain.result()
            if not chain.follow(one):
                return chain.result()
            last = one.number
            if progress is not None and last % _TOLD_EVERY == 0:
                progress(last)
        if not ended:
            chain.broken(last + 1, f"the file was cut: it ends after block {last} without its last line")
        return chain.result()


def _written(one: Recorded) -> _Line:
    head, erasure = one.head, one.erasure or Erasure({})
    return _Line(
        (one.number, one.previous, one.hash, head.at_ms, head.actor, head.version, head.mode, head.batch, head.duration_us),
        tuple(one.happened),
        one.seed,
        dict(erasure.commitments),
        erasure.salts,
        erasure.plain,
    )


def _read(line: bytes) -> Recorded | None:
    try:
        found = msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    number, previous, digest, at_ms, actor, version, mode, batch, duration_us = found.block
    erasure = Erasure(found.erased, found.salts, found.plain) if found.erased or found.salts or found.plain else None
    happened = [Event(*event) for event in found.events]
    places = range(len(happened))
    return Recorded(
        number,
        previous,
        digest,
        Block(at_ms, actor, version, mode, batch, duration_us),
        len(happened),
        found.seed,
        happened,
        places,
        erasure,
    )


def _check_first(path: Path, line: bytes) -> None:
    try:
        first = msgspec.json.decode(line, type=_First)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ChainFileError(f"{path} is no chain file: make one with `afterclick audit export --format chain`") from error
    if (first.format, first.version) != (FORMAT, VERSION):
        raise ChainFileError(f"{path} is a {first.format} of version {first.version}; this program reads {FORMAT} {VERSION}")


def _end(line: bytes) -> _Last | None:
    if not line.startswith(b'{"end"'):
        return None
    try:
        return msgspec.json.decode(line, type=_End).end
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _ends(chain: Chain, end: _Last) -> None:
    """Compare the last line with what was read; what differs is said as broken."""
    if (end.blocks, end.events, end.head) != chain.reached:
        last = chain.reached[0]
        chain.broken(last + 1, f"the file was cut or changed: its last line counts {end.blocks} blocks, and it has {last}")


def _next(file: BinaryIO, path: Path) -> bytes:
    try:
        return file.readline(LONGEST_LINE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ChainFileError(f"{path} is damaged: it cannot be unpacked to its end ({error})") from error


def _packed(raw: BinaryIO, path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0)) if path.suffix == ".gz" else raw


def _unpacked(raw: BinaryIO) -> BinaryIO:
    magic = raw.read(2)
    raw.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb")) if magic == b"\x1f\x8b" else raw

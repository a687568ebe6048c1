"""How a block of the log is hashed, so that nothing in it can be changed unseen, and a person's text can be erased all the same.

A block's hash is SHA-256 over the hash before it, its own head and its events as JSON. Text that may have to be erased one
day stands in it only by its commitment, SHA-256 over a salt and the text: erasing takes text and salt away and leaves the
commitment, so that the block still gives its hash while nobody can guess what stood there. `docs/audit.md` has the format.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

GENESIS: Final = "0" * 64
ERASED: Final = "(erased)"
"""What stands in `because` where text was erased."""
SALT: Final = 32
"""Characters of a salt."""
_SEALED: Final = 2
_encode: Final = msgspec.json.encode


class Event(NamedTuple):
    """What happened: the activity, to which order or other object (`kind/id`), the verdict, why, and the facts as JSON.

    `key` is the effect key of an act on the outside; the database refuses to record one twice.
    """

    activity: str
    order_id: int | None = None
    object: str | None = None
    verdict: str = ""
    because: str = ""
    facts: str = ""
    key: str | None = None


class Block(NamedTuple):
    """The head of a block: when, by whom at which version, in which mode and batch, and how long the work took."""

    at_ms: int
    actor: str
    version: str
    mode: str = "live"
    batch: int | None = None
    duration_us: int = 0


class Erasure(NamedTuple):
    """What was erased from one block: the commitments that stay, by place; the salts of the texts that stay, in order.

    `plain`: the hash of the rest, for a block that was hashed without commitments.
    """

    commitments: Mapping[int, str]
    salts: str = ""
    plain: str = ""


def erasable(event: Event) -> bool:
    """Whether the event carries text that can be erased; answers of other systems stay, so that no act is done twice."""
    return bool(event.because or event.facts) and (event.key is None or event.verdict != "Done")


def seal(previous: str, number: int, block: Block, happened: Sequence[Event]) -> tuple[str, str]:
    """The hash of a new block and the seed of its salts; the seed is empty where there is nothing that could be erased."""
    seed = secrets.token_hex(16)
    shown, committed = _parts(happened, salts_of(seed, len(happened)))
    if not committed:
        return plain_hash(previous, number, block, happened), ""
    return _sealed_hash(previous, number, block, shown, committed), seed


def block_hash(
    previous: str, number: int, block: Block, happened: Sequence[Event], *, seed: str = "", erasure: Erasure | None = None
) -> str:
    """What the hash of a block must be, from what is there of it.

    Raises:
        ValueError: what is noted of an erasure does not fit the events.
    """
    if not seed:
        return plain_hash(previous, number, block, happened)
    if erasure is not None and seed != ERASED:
        raise ValueError("its seed is there again, from which erased texts could be guessed")
    salts = salts_of(seed, len(happened)) if erasure is None else _left_over(happened, erasure)
    shown, committed = _parts(happened, salts)
    if erasure is not None:
        committed = _with_erased(happened, committed, erasure)
    return _sealed_hash(previous, number, block, shown, committed)


def plain_hash(previous: str, number: int, block: Block, happened: Sequence[Event]) -> str:
    """The hash of a block without commitments: its head and its events as they are."""
    digest = hashlib.sha256(previous.encode())
    digest.update(_encode((number, tuple(block), len(happened))))
    digest.update(_encode(happened))
    return digest.hexdigest()


def salts_of(seed: str, count: int) -> bytes:
    """The salts of a block's events, one after the other."""
    return hashlib.shake_128(seed.encode()).hexdigest(count * SALT // 2).encode()


def commitment(salt: bytes, because: str, facts: str) -> bytes:
    """What stands in the hash in place of a text."""
    return hashlib.sha256(salt + _encode((because, facts))).digest()


def _parts(happened: Sequence[Event], salts: bytes) -> tuple[list[tuple[object, ...]], list[bytes]]:
    """Events as they enter the hash, and the commitments to their texts. Runs for every event: it is written to be quick."""
    shown: list[tuple[object, ...]] = []
    committed: list[bytes] = []
    sha256, encode = hashlib.sha256, _encode
    place = 0
    for event in happened:
        activity, order_id, named, verdict, because, facts, key = event
        if (because or facts) and (key is None or verdict != "Done"):
            shown.append((activity, order_id, named, verdict, key))
            committed.append(sha256(salts[place : place + SALT] + encode((because, facts))).digest())
        else:
            shown.append(event)
        place += SALT
    return shown, committed


def _sealed_hash(
    previous: str, number: int, block: Block, shown: Sequence[tuple[object, ...]], committed: Sequence[bytes]
) -> str:
    digest = hashlib.sha256(previous.encode())
    digest.update(_encode((_SEALED, number, tuple(block), len(shown))))
    digest.update(_encode(shown))
    digest.update(b"".join(committed))
    return digest.hexdigest()


def _left_over(happened: Sequence[Event], erasure: Erasure) -> bytes:
    """The salts of a block of which some were destroyed, each at the place of its event."""
    kept = erasure.salts.encode()
    salts: list[bytes] = []
    used = 0
    for place, event in enumerate(happened):
        if erasable(event) and place not in erasure.commitments:
            salts.append(kept[used : used + SALT])
            used += SALT
        else:
            salts.append(b"-" * SALT)
    if used != len(kept):
        raise ValueError("the salts that were kept are not those of its events")
    return b"".join(salts)


def _with_erased(happened: Sequence[Event], committed: Sequence[bytes], erasure: Erasure) -> list[bytes]:
    """The commitments of the erased texts in their places."""
    noted = dict(erasure.commitments)
    result: list[bytes] = []
    places = (place for place, event in enumerate(happened) if erasable(event))
    for place, known in zip(places, committed, strict=True):
        text = noted.pop(place, None)
        if text is None:
            result.append(known)
            continue
        if (happened[place].because, happened[place].facts) != (ERASED, "") or bytes.fromhex(text).hex() != text:
            raise ValueError("a text that was erased is there again")
        result.append(bytes.fromhex(text))
    if noted:
        raise ValueError("something was erased from an event that is not there")
    return result

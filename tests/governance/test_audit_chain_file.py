"""The log as a file: whole, changed, cut, reordered, packed, and verified without any office."""

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from afterclick.governance.audit import chain_file, texts
from afterclick.governance.audit.chain_file import ChainFileError
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata


@pytest.fixture
def exported(database_url: str, tmp_path: Path) -> Path:
    """A chain of five blocks, of which the fourth says that text was erased from the second."""
    database = Database(database_url)
    metadata.create_all(database.engine)
    for number in range(1, 4):
        with database.transaction() as tx:
            log.append(tx, Block(number, "orders.fulfil", "1", "live", number), [
                Event("judged", number, None, "Pass", "für Frau Müller", '{"a":1}'), Event("shipped", number),
                Event("carrier.label", number, None, "Done", "", '{"tracking":"T"}', f"{number}:1:label"),
            ])  # fmt: skip
    with database.transaction() as tx:
        texts.erase(tx, [(2, 0)], by="person:anna", because="by letter", now_ms=4)
    with database.transaction() as tx:
        log.append(tx, Block(5, "orders.fulfil", "1"), [Event("shipped", 5)])
    path = tmp_path / "log.chain.jsonl"
    with database.reading() as tx:
        chain_file.write(tx, path, office="Shop", now_ms=1)
        assert log.verify(tx) == chain_file.verify(path)
    database.dispose()
    return path


def test_what_was_exported_holds_and_a_packed_file_too(exported: Path, tmp_path: Path) -> None:
    found = chain_file.verify(exported)
    assert (found.ok, found.blocks, found.events, found.erased) == (True, 5, 11, 1)
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(exported.read_bytes()))
    assert chain_file.verify(packed) == found
    assert chain_file.verify(exported, anchors={5: found.head}).anchored == 5
    packed.write_bytes(packed.read_bytes()[:-30])
    with pytest.raises(ChainFileError, match="damaged"):
        chain_file.verify(packed)


def test_a_file_that_is_there_is_not_overwritten(exported: Path, database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(FileExistsError), database.reading() as tx:
        chain_file.write(tx, exported, office="Shop", now_ms=1)
    database.dispose()


Lines = list[bytes]
WRONG: list[tuple[str, Callable[[Lines], Lines], int, str]] = [
    (
        "a byte",
        lambda lines: [line.replace(b"Pass", b"Ask") if b'"block":[3' in line else line for line in lines],
        3,
        "was changed",
    ),
    ("a block gone", lambda lines: lines[:2] + lines[3:], 2, "block 2 is missing"),
    ("a block twice", lambda lines: [*lines[:3], lines[2], *lines[3:]], 3, "there twice"),
    ("two blocks swapped", lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 1, "block 1 is missing"),
    ("the tail cut", lambda lines: lines[:4], 4, "the file was cut"),
    ("the tail cut, and the end kept", lambda lines: [*lines[:4], lines[-1]], 4, "its last line counts 5 blocks"),
    ("something after the end", lambda lines: [*lines, lines[1]], 6, "something follows"),
    ("a line that is none", lambda lines: [*lines[:2], b"{}\n", *lines[3:]], 2, "cannot be read"),
    ("the erasure hidden", lambda lines: [line.replace(b'"erased"', b'"erazed"') for line in lines], 2, "was changed"),
]


@pytest.mark.parametrize(("change", "block", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_was_done_to_the_file_is_found_and_named(
    exported: Path, change: Callable[[Lines], Lines], block: int, said: str
) -> None:
    exported.write_bytes(b"".join(change(exported.read_bytes().splitlines(keepends=True))))
    found = chain_file.verify(exported)
    assert not found.ok
    assert found.broken_block == block
    assert said in found.detail


@pytest.mark.parametrize("first", [b"", b"[]\n", b'{"format":"other","version":1,"office":"","exported_ms":1}\n'])
def test_another_file_is_refused_in_one_sentence(exported: Path, first: bytes) -> None:
    exported.write_bytes(first + b"".join(exported.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(ChainFileError, match=r"no chain file|is a other"):
        chain_file.verify(exported)


def test_the_format_is_as_documented_so_that_anybody_can_write_a_verifier(exported: Path) -> None:
    """A verifier of its own, from docs/audit.md, with nothing of ours: a few lines over SHA-256 and SHAKE-128."""
    previous = "0" * 64
    for line in exported.read_text(encoding="utf-8").splitlines()[1:-1]:
        found = json.loads(line)
        number, before, digest, *head = found["block"]
        assert before == previous
        seed, erased = found.get("seed", ""), {int(seq): text for seq, text in found.get("erased", {}).items()}
        salts = hashlib.shake_128(seed.encode()).hexdigest(16 * len(found["events"]))
        kept, shown, committed = found.get("salts", ""), [], []
        for seq, event in enumerate(found["events"]):
            activity, order, about, verdict, because, facts, key = event
            if not seed or not (because or facts) or (key is not None and verdict == "Done"):
                shown.append(event)
                continue
            shown.append([activity, order, about, verdict, key])
            if seq in erased:
                committed.append(bytes.fromhex(erased[seq]))
                continue
            salt, kept = (kept[:32], kept[32:]) if erased else (salts[32 * seq : 32 * seq + 32], kept)
            committed.append(hashlib.sha256(salt.encode() + compact([because, facts])).digest())
        top = [2, number, head, len(shown)] if seed else [number, head, len(shown)]
        hashed = previous.encode() + compact(top) + compact(shown) + b"".join(committed)
        assert hashlib.sha256(hashed).hexdigest() == digest
        previous = digest


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

"""The glossary: every word that the pages use, explained once in one plain sentence. The words are in `glossary.toml`."""

import re
import tomllib
from pathlib import Path
from typing import Final

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says of a word."""

    says: str
    seen: str
    also: tuple[str, ...] = ()


class Term(msgspec.Struct, frozen=True):
    """A word, what it means, where it is seen, and other words and column titles that mean the same."""

    word: str
    says: str
    seen: str
    also: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Its place on the help page."""
        return anchor(self.word)


def anchor(word: str) -> str:
    """The place of a word on the help page: `Touchless rate` → `touchless-rate`."""
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")


def find(word: str) -> Term | None:
    """The term that explains a word, or None; capitals and underscores do not matter."""
    return _BY_WORD.get(_plain(word))


def place(word: str) -> str:
    """Where on the help page a word is explained, by whichever name it goes."""
    found = find(word)
    return found.anchor if found else anchor(word)


def _plain(word: str) -> str:
    return " ".join(word.replace("_", " ").lower().split())


def _read() -> tuple[Term, ...]:
    text = Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8")
    entries = msgspec.convert(tomllib.loads(text), dict[str, Entry])
    terms = [Term(word, entry.says, entry.seen, entry.also) for word, entry in entries.items()]
    return tuple(sorted(terms, key=lambda term: term.word.lower()))


ALL: Final[tuple[Term, ...]] = _read()
_BY_WORD: Final = {_plain(name): term for term in ALL for name in (*term.also, term.word)}

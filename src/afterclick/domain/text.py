"""Text that came from somewhere else, made safe to show and to write."""

import unicodedata
from typing import Final

_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


def one_line(text: str, *, longest: int = 1000) -> str:
    """One line of text that XML and fonts can carry: no control characters, lone surrogates or direction overrides."""
    if text.isprintable():
        return " ".join(text.split())[:longest].rstrip()
    kept = (" " if letter.isspace() else letter for letter in text[: 4 * longest])
    line = "".join(letter for letter in kept if unicodedata.category(letter) not in _UNPRINTABLE)
    return " ".join(line.split())[:longest].rstrip()

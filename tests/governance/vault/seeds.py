"""Two hundred seeded secrets of every nasty kind: quotes, line ends, pattern characters, letters of all scripts."""

import random
import string
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

COUNT: Final = 200
MARK: Final = "xQ7vK2mW9tRbZ4"
"""In each secret, and in nothing else: however a secret is escaped, this part of it stays as it is."""
LEAKS: Final = (
    MARK.encode(),
    MARK.encode().hex().encode(),
    MARK.encode().hex().upper().encode(),
    *(b64encode(b"\0" * offset + MARK.encode() + b"\0" * 3)[4:16] for offset in range(3)),
)
"""The mark as it lies in a file: in plain letters, in hexadecimal digits, and in base64 at any offset."""
_ALPHABETS: Final = (
    string.ascii_letters + string.digits,
    string.ascii_letters + string.digits + "+/=-_",
    string.printable.replace("\x0b", "").replace("\x0c", ""),
    "\"'\\`<>&;{}[]()$%^*+?.|#~/ \n\r\t",
    "äöüßéñçłπδжщЯあ漢字한국ع🔑🦊",
)


def seeded(count: int = COUNT) -> list[str]:
    """The secrets, the same at each run; from 20 to 70 characters."""
    draw = random.Random(20_261_122)
    found: list[str] = []
    while len(found) < count:
        letters = _ALPHABETS[len(found) % len(_ALPHABETS)]
        before, after = ("".join(draw.choices(letters, k=draw.randint(3, 25))) for _ in range(2))
        found.append(f"{before}{MARK}{len(found)}{after}")
    return found


def leaks(written: Iterable[bytes]) -> list[str]:
    """Where a secret lies in what was written: the bytes around it."""
    found: list[str] = []
    for text in written:
        for leak in LEAKS:
            at = text.find(leak)
            if at >= 0:
                found.append(repr(text[max(0, at - 120) : at + 60]))
    return found

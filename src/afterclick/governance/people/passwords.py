"""Passwords: which ones are good enough, how they are kept, and how one is checked."""

import threading
import unicodedata
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
LONGEST: Final = 200
FEWEST_LETTERS: Final = 5
"""Different characters at least: `aaaaaaaaaaaa` and `121212121212` are no passwords."""
AT_ONCE: Final = 2
"""Hashes at one time: each takes 64 MiB, and whoever sends a thousand passwords must not take the machine's memory."""
_COMMONEST: Final = frozenset({
    "123456789012", "1234567890123", "12345678901234", "0123456789012", "password1234", "password12345", "password123456",
    "passwordpassword", "passw0rd1234", "mypassword123", "qwertyuiopas", "qwertyuiop12", "qwertyuiop123", "qwerty123456",
    "qwerty1234567", "1qaz2wsx3edc", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "qazwsxedcrfv", "asdfghjkl123", "zxcvbnm12345",
    "iloveyou1234", "iloveyou12345", "administrator", "administrator1", "adminadmin123", "admin1234567", "letmein12345",
    "welcome12345", "welcome123456", "changeme1234", "changeme12345", "superman1234", "football1234", "baseball1234",
    "sunshine1234", "princess1234", "dragon123456", "monkey123456", "abcdefghijkl", "abcdefghijklm", "abcd12345678",
    "correcthorsebatterystaple", "afterclick12", "afterclick123", "afterclickafterclick", "p@ssw0rd1234", "p@ssword1234",
})  # fmt: skip


class WeakPassword(ValueError):
    """A password that cannot be taken; the message says why."""


class Passwords:
    """Argon2id (RFC 9106), with the parameters of its low-memory profile unless others are given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    @cached_property
    def _of_nobody(self) -> str:
        return self._hasher.hash("of nobody")

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._slots:
            return self._hasher.hash(_normal(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether that is the password; the same work is done where none is kept, so that nobody learns who is here."""
        with self._slots:
            try:
                return self._hasher.verify(kept or self._of_nobody, _normal(password)[:LONGEST]) and kept != ""
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters, and should be made again while the password is at hand."""
        return self._hasher.check_needs_rehash(kept)


def demand_strong(password: str, *, name: str, email: str) -> None:
    """Length, not composition (NIST SP 800-63B): what counts is that nobody else would guess it.

    Raises:
        WeakPassword: too short, too long, among the commonest, or the account's own name.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise WeakPassword(f"a password has at least {SHORTEST} characters; a few words in a row are easy to remember")
    if len(plain) > LONGEST:
        raise WeakPassword(f"a password has at most {LONGEST} characters")
    folded = plain.casefold()
    letters = "".join(folded.split())
    own = {"".join(one.casefold().split()) for one in (name, email, email.partition("@")[0], email.partition("@")[2])}
    if letters in _COMMONEST or len(set(folded)) < FEWEST_LETTERS:
        raise WeakPassword("this password is among the first that anybody would try; choose another")
    if any(one and letters.replace(one, "").strip("0123456789!?.-_") == "" for one in own):
        raise WeakPassword("a password must not be your own name or e-mail address")


def _normal(password: str) -> str:
    """One form for letters that can be written in more than one way, as keyboards differ."""
    return unicodedata.normalize("NFKC", password)

"""Where the office key comes from: a file, an environment variable, or what a command prints."""

import os
import secrets
import shlex
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from afterclick.governance.vault.errors import KeyMissing
from afterclick.governance.vault.sealing import KEY_BYTES, OfficeKey

KINDS: Final = ("file", "environment", "command")
COMMAND_TIMEOUT_S: Final = 30
_NEXT: Final = ".next"
"""Beside the key's file, the key that is about to take its place: there from before secrets are wrapped anew until after."""


class KeySource(NamedTuple):
    """One place of the office key: its kind, and the file, variable or command."""

    kind: str
    where: str

    @staticmethod
    def read(said: str, *, folder: Path) -> "KeySource":
        """From `file:PATH`, `environment:NAME` or `command:WORDS`; a relative file lies in the office's folder.

        Raises:
            KeyMissing: it is none of these. What was said is not repeated: it may be a key by mistake.
        """
        kind, colon, where = said.partition(":")
        if not colon or kind not in KINDS or not where.strip():
            raise KeyMissing("vault.key_from should be file:PATH, environment:NAME or command:WORDS; it is none of these")
        return KeySource(kind, str(folder / where) if kind == "file" else where.strip())

    def __str__(self) -> str:
        """The place as a message may name it; of a command, its program only."""
        return f"{self.kind} {self.where.split()[0] if self.kind == 'command' else self.where}"


class OfficeKeys:
    """Finds the office key. Asked again when another one is needed, so that a changed key takes no restart."""

    def __init__(self, source: KeySource, *, environment: Mapping[str, str] = os.environ) -> None:
        self.source = source
        self._environment = environment
        self._known: OfficeKey | None = None

    def find(self, wanted: str = "") -> OfficeKey:
        """The key; with `wanted`, the one of that id if it is at hand, else the one that is.

        Raises:
            KeyMissing: there is none, or what is there is no key.
        """
        if self._known is None or (wanted and self._known.id != wanted):
            self._known = self._look(wanted)
        return self._known

    def make(self) -> OfficeKey:
        """The key, which is made now where its file is not there yet. Only for a vault that holds nothing.

        Raises:
            KeyMissing: as for `find`; a variable or a command has to bring a key of its own.
        """
        path = Path(self.source.where)
        if self.source.kind == "file" and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_new(path)
        return self.find()

    def prepare_next(self) -> OfficeKey:
        """A new key beside the old one's file; `take_next` puts it in place.

        Raises:
            KeyMissing: the key does not come from a file.
        """
        if self.source.kind != "file":
            raise KeyMissing(
                f"the office key comes from {self.source}, where only you can put a new one: keep the old one there for now, and"
                " name the place of the new one: `afterclick vault rekey --to environment:NAME`"
            )
        beside = Path(self.source.where + _NEXT)
        beside.unlink(missing_ok=True)
        _write_new(beside)
        return _read_file(beside)

    def take_next(self, key_id: str) -> None:
        """From now on the new key of that id is the key; nothing to do where somebody who needed it has put it in place."""
        beside = Path(self.source.where + _NEXT)
        if beside.exists() and _read_file(beside).id == key_id:
            beside.replace(self.source.where)
        self._known = None

    def _look(self, wanted: str) -> OfficeKey:
        kind, where = self.source
        if kind == "file":
            found = _read_file(Path(where))
            beside = Path(where + _NEXT)
            if wanted and found.id != wanted and beside.exists() and (next_one := _read_file(beside)).id == wanted:
                beside.replace(where)  # the change of keys was cut off between the secrets and the file
                return next_one
            return found
        if kind == "environment":
            if not self._environment.get(where):
                raise KeyMissing(f"the environment variable {where}, which holds the office key, is not set (vault.key_from)")
            return _parsed(self._environment[where], where=str(self.source))
        return _parsed(_printed(where), where=str(self.source))


def new_key() -> str:
    """A new office key as text: 32 random bytes in base64."""
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write_new(path: Path) -> None:
    """Write a new key, readable by its owner alone; whoever comes second finds the first one's."""
    drawn = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(drawn, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(drawn, path)  # all of it or nothing is seen under its name, and nobody's key is overwritten
        except FileExistsError:
            return
    finally:
        drawn.unlink()


def _read_file(path: Path) -> OfficeKey:
    try:
        text, mode = path.read_text(encoding="ascii", errors="replace"), path.stat().st_mode
    except FileNotFoundError:
        raise KeyMissing(
            f"the office key is not at {path}: bring it back from its backup, or say where it is with the setting vault.key_from"
        ) from None
    except OSError as error:
        raise KeyMissing(f"the office key at {path} cannot be read: {error.strerror}") from None
    if os.name == "posix" and mode & 0o077:
        raise KeyMissing(f"the office key at {path} can be read by others than its owner: `chmod 600 {path}`")
    return _parsed(text, where=str(path))


def _printed(command: str) -> str:
    """What the command prints; nothing of it is ever repeated in a message."""
    program = command.split()[0]
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603  # the words are the owner's own setting
            words, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise KeyMissing(f"the command {program}, which prints the office key, failed: {type(error).__name__}") from None
    if done.returncode:
        raise KeyMissing(f"the command {program}, which prints the office key, ended with {done.returncode}; try it by hand")
    return done.stdout


def _parsed(text: str, *, where: str) -> OfficeKey:
    """A key from 32 bytes in base64 or in hexadecimal digits."""
    text = text.strip()
    try:
        key = bytes.fromhex(text) if len(text) == KEY_BYTES * 2 else b64decode(text.replace("-", "+").replace("_", "/"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMissing(
            f"what {where} holds is no office key: it should be {KEY_BYTES} bytes in base64 (`openssl rand -base64 {KEY_BYTES}`)"
        )
    return OfficeKey(key)

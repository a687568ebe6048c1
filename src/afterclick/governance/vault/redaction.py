"""Keeps every secret that this process has seen out of what it writes: each is replaced by `•••` wherever text leaves.

Looked for is not only the value itself but how it appears when something else has written it down: escaped as in Python, JSON,
HTML or an address, in base64 at any offset, or in hexadecimal digits. While no secret is known, all of this costs nothing.
"""

import html
import json
import logging
import sys
import threading
import traceback
from base64 import b64encode
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "•••"
SHORTEST: Final = 6
"""Characters; what is shorter would be found in half the words of a page."""
CERTAIN: Final = 16
"""Characters from which on a find is no coincidence."""


class Redactor:
    """Knows secrets, and takes them out of text."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def learn(self, value: str) -> None:
        """From now on this value is taken out, in all its forms; values of fewer than `SHORTEST` characters are not."""
        if len(value) < SHORTEST or value in self._forms:
            return
        with self._lock:
            forms = {*self._forms, *forms_of(value)}
            self._forms = tuple(sorted(forms, key=len, reverse=True))  # the longest first, so that no rest of it stays behind

    def redact(self, text: str) -> str:
        """The text without secrets; the same object where it holds none."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def certainly_in(self, text: str) -> bool:
        """Whether the text holds a secret that is too long to be there by chance."""
        return any(form in text for form in self._forms if len(form) >= CERTAIN)

    def __bool__(self) -> bool:
        return bool(self._forms)


def forms_of(value: str) -> set[str]:
    """How a value looks in text that something else has written; of a value in lines, each long line too."""
    plain = {value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= CERTAIN)}
    once = plain | {form for one in plain for form in _escaped(one)}
    twice = once | {form for one in once for form in _escaped(one)}
    return {one for one in twice if len(one) >= SHORTEST} | set(_encoded(value))


def _escaped(value: str) -> Iterator[str]:
    parts = value.split("'")  # with a quotation mark before it, each part is written in the other kind, and nothing escaped
    for bare in (
        [repr('"' + part)[2:-1] for part in parts],
        [ascii('"' + part)[2:-1] for part in parts],
        [repr(b'"' + part.encode())[3:-1] for part in parts],
    ):
        yield from ("'".join(bare), "\\'".join(bare))
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    # Three ways of writing quotation marks in HTML: the standard library's, the templates', and in text they may stay.
    yield from (html.escape(value), html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"))
    yield html.escape(value, quote=False)


def _encoded(value: str) -> Iterator[str]:
    raw = value.encode()
    for address in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield from (address, address.replace("%", "%25"))
    yield from (raw.hex(), raw.hex().upper())
    for offset in range(3):  # as in `Basic` headers, where something stands before it
        # The characters at both ends depend on what stands beside; those between are the secret's alone.
        coded = b64encode(b"\0" * offset + raw).decode().rstrip("=")
        whole = coded[(offset * 8 + 5) // 6 : (offset + len(raw)) * 8 // 6]
        if len(whole) >= SHORTEST:
            yield from (whole, whole.replace("+", "-").replace("/", "_"))


class Redacted(RuntimeError):
    """An error whose own text held a secret; this one says the same without it."""


class RedactedRecord(logging.LogRecord):
    """A line of the log from which every secret is taken before any handler sees it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if not OFFICE:
            return
        try:
            said = super().getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: a handler would report them as they are
            said = f"{self.msg} {self.args!r}"
        self.msg, self.args = redact(said), None
        if self.exc_info and self.exc_info[0] is not None:
            told = "".join(traceback.format_exception(*self.exc_info)).rstrip("\n")
            if (clean := redact(told)) != told:
                self.exc_text, self.exc_info = clean, None
        if self.stack_info:
            self.stack_info = redact(self.stack_info)

    def getMessage(self) -> str:  # the standard library's name
        """The message; what was added to the record since (`extra=`) is cleaned now, before it is written."""
        for name, value in vars(self).items():
            if isinstance(value, str):
                setattr(self, name, redact(value))
        return redact(super().getMessage())


OFFICE: Final = Redactor()
"""Of this process: it knows every secret that was put, leased, or read from the settings here."""
_installed = threading.Event()


def learn(value: str) -> None:
    """Take this value out of everything that this process writes from now on."""
    OFFICE.learn(value)
    if not _installed.is_set():
        _installed.set()
        _install()


def redact(text: str) -> str:
    """The text without the secrets of this process."""
    return OFFICE.redact(text) if OFFICE else text


def without_secrets(error: Exception) -> Exception:
    """The same error, or, where its text or that of one behind it holds a secret, another that says the same without."""
    if not OFFICE:
        return error
    told = "".join(traceback.format_exception(error)) + repr(error.args)
    if redact(told) == told:
        return error
    return Redacted(redact(f"{type(error).__name__}: {error}"))


def _install() -> None:
    """Stand between this process and its log, and its last words."""
    logging.setLogRecordFactory(RedactedRecord)
    before, before_thread = sys.excepthook, threading.excepthook

    def last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not _told_clean(kind, error, trace):
            before(kind, error, trace)

    def last_words_of_thread(args: Any) -> None:
        if not _told_clean(args.exc_type, args.exc_value, args.exc_traceback):
            before_thread(args)

    sys.excepthook, threading.excepthook = last_words, last_words_of_thread


def _told_clean(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> bool:
    """Write a traceback that holds a secret without it; returns whether that was done."""
    told = "".join(traceback.format_exception(kind, error, trace))
    clean = redact(told)
    if clean != told:
        sys.stderr.write(clean)
    return clean != told

"""Redaction: every known secret is taken out of every text, however it is written there, and nothing else is."""

import html
import json
import logging
import sys
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from io import StringIO
from urllib.parse import quote, quote_plus, urlencode

import pytest
from markupsafe import escape

from afterclick.control_room.problems import Problem
from afterclick.governance.vault import redaction
from afterclick.governance.vault.redaction import HIDDEN, Redacted, Redactor, learn, redact, without_secrets
from tests.governance.vault.seeds import leaks, seeded

SECRETS = seeded(200)


@pytest.fixture
def known() -> None:
    """The process knows all seeded secrets."""
    for secret in SECRETS:
        learn(secret)


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What a plain handler of the log writes."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s %(who)s", defaults={"who": ""}))
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)


def written(secret: str) -> list[str]:
    """The secret as programs write it down."""
    raw = secret.encode()
    return [
        secret, repr(secret), ascii(secret), repr(raw), repr([f"a'{secret}"]), repr({f'"{secret}': 1}),
        json.dumps(secret), json.dumps(secret, ensure_ascii=False), json.dumps(json.dumps({"a": secret})),
        json.dumps(repr(secret)),
        str(escape(secret)), html.escape(secret), str(escape(repr(secret))), str(escape(json.dumps(secret))),
        quote(secret), quote(secret, safe=""), quote_plus(secret), urlencode({"key": secret}), quote(quote(secret)),
        b64encode(raw).decode(), urlsafe_b64encode(raw).decode(), raw.hex(), raw.hex().upper(),
        *(b64encode(b"u" * before + b":" + raw + b"!" * after).decode() for before in range(3) for after in range(3)),
    ]  # fmt: skip


@pytest.mark.usefixtures("known")
def test_two_hundred_secrets_are_found_however_they_are_written() -> None:
    for secret in SECRETS:
        for text in written(secret):
            clean = redact(f"before {text} after")
            assert leaks([clean.encode()]) == [], text
            assert HIDDEN in clean
            assert clean.startswith("before ")
            assert clean.endswith(" after")


def test_the_test_would_see_a_leak() -> None:
    assert all(leaks([text.encode()]) for secret in SECRETS for text in written(secret))


def test_the_longest_is_taken_out_first_and_the_short_never() -> None:
    redactor = Redactor()
    for value in ("sesame", "sesame-open", "open", ""):
        redactor.learn(value)
    assert redactor.redact("sesame-open sesame open") == f"{HIDDEN} {HIDDEN} open"
    assert redactor.redact("nothing here") == "nothing here"


def test_a_long_line_of_a_secret_of_many_lines_is_one_too() -> None:
    redactor = Redactor()
    redactor.learn("-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nend\n")
    assert redactor.redact("  MIIEvQIBADANBgkqhkiG9w0B, the end") == f"  {HIDDEN}, the end"


def test_only_a_long_secret_is_certainly_there() -> None:
    redactor = Redactor()
    redactor.learn("berlin")
    redactor.learn("sk_live_0123456789abcdef")
    assert not redactor.certainly_in('{"city":"berlin"}')
    assert redactor.certainly_in('{"tracking":"sk_live_0123456789abcdef"}')


@pytest.mark.usefixtures("known")
def test_no_line_of_the_log_holds_a_secret(logged: StringIO) -> None:
    logger = logging.getLogger("tests.redaction")
    for secret in SECRETS:
        logger.warning(secret)
        logger.warning("key %s and %r of %s", secret, [secret], {"header": secret.encode()})
        logger.warning("extra", extra={"who": secret})
        logger.warning("too few %s %s", secret)
        try:
            raise ValueError(secret) from KeyError(secret)
        except ValueError:
            logger.exception("with a traceback")
    logger.warning("where from", stack_info=True)
    assert leaks([logged.getvalue().encode()]) == []
    assert logged.getvalue().count("Traceback (most recent call last)") >= len(SECRETS)
    assert HIDDEN in logged.getvalue()


@pytest.mark.usefixtures("known")
def test_what_is_logged_without_a_secret_stays_as_it_is(logged: StringIO) -> None:
    logging.getLogger("tests.redaction").warning("%s of %s", 1, "two", extra={"who": "anna"})
    assert logged.getvalue() == "WARNING 1 of two anna\n"


@pytest.mark.usefixtures("known")
def test_the_last_words_of_a_process_hold_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    for secret in SECRETS[:20]:
        try:
            raise RuntimeError(f"cannot use {secret!r}")
        except RuntimeError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    said = capsys.readouterr().err
    assert leaks([said.encode()]) == []
    assert said.count("cannot use") >= 20


@pytest.mark.usefixtures("known")
def test_an_error_is_handed_on_without_secrets() -> None:
    clean = ValueError("nothing to hide")
    assert without_secrets(clean) is clean
    for secret in SECRETS:
        try:
            try:
                raise KeyError(secret)
            except KeyError as error:
                raise ValueError(f"no {secret}") from error
        except ValueError as error:
            handed = without_secrets(error)
        assert isinstance(handed, Redacted)
        told = "".join(traceback.format_exception(handed)) + repr(handed.args)
        assert leaks([told.encode()]) == []
        assert "ValueError: no •••" in str(handed)


@pytest.mark.usefixtures("known")
def test_no_problem_details_hold_a_secret() -> None:
    for secret in SECRETS:
        problem = Problem(422, f"{secret} is wrong")
        assert problem.document()["detail"] == "••• is wrong"
        assert leaks([json.dumps(problem.document()).encode(), repr(problem).encode(), str(problem).encode()]) == []


def test_while_nothing_is_known_nothing_is_looked_for() -> None:
    redaction.OFFICE._forms = ()
    text = "any text"
    assert redact(text) is text
    error = ValueError(text)
    assert without_secrets(error) is error

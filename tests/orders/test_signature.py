"""Webhook signatures: only what the store signed, lately, is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.orders.intake.signature import BadSignature, sign, verify

NOW = 1_800_000_000


def refusal(header: str, body: bytes, secret: str) -> str:
    """Why it is not believed; empty where it is."""
    try:
        verify(header, body, secret=secret, now_s=NOW)
    except BadSignature as error:
        return str(error)
    return ""


def test_the_header_has_the_documented_form() -> None:
    expected = "b253639bcd705ed1cda3073f66104f16988bd40272584dea7d0d345ae93e61cc"
    assert sign(b"{}", secret="s", at_s=1) == f"t=1,v1={expected}"


@given(st.binary(max_size=50), st.text(min_size=1, max_size=10).filter(lambda text: text.isascii()))
def test_what_was_signed_is_verified(body: bytes, secret: str) -> None:
    assert refusal(sign(body, secret=secret, at_s=NOW - 299), body, secret) == ""


def test_any_of_several_signatures_will_do_while_a_secret_is_replaced() -> None:
    old, new = sign(b"x", secret="old", at_s=NOW), sign(b"x", secret="new", at_s=NOW)
    both = f"{old},{new.split(',')[1]}"
    assert refusal(both, b"x", "old") == refusal(both, b"x", "new") == ""
    assert "does not fit its body" in refusal(both, b"x", "a third")


@pytest.mark.parametrize(
    ("header", "because"),
    [
        (sign(b"other", secret="s", at_s=NOW), "does not fit its body"),
        (sign(b"x", secret="other", at_s=NOW), "does not fit its body"),
        (sign(b"x", secret="s", at_s=NOW - 301), "301 s from now"),
        (sign(b"x", secret="s", at_s=NOW + 301), "301 s from now"),
        ("", "must read"),
        (f"t={NOW}", "must read"),
        (f"t={NOW},t=5,v1=aa", "must read"),
        ("t=-5,v1=aa", "must read"),
        (f"t={NOW},v1=ä", "does not fit its body"),
        (f"t={NOW},v1=" + "a" * 2_000, "more than 1,000"),
    ],
)
def test_anything_else_is_refused(header: str, because: str) -> None:
    with pytest.raises(BadSignature, match=because):
        verify(header, b"x", secret="s", now_s=NOW)


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature, match="no secret is set"):
        verify(sign(b"x", secret="", at_s=NOW), b"x", secret="", now_s=NOW)

"""The ID token: every way in which it may be false, from a provider that signs whatever a test says."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from afterclick.governance.people.oidc import Provider, ProviderError, Registration

ISSUER: Final = "https://id.shop.example"
NOW_S: Final = 1_795_132_800
KEY: Final = RSAKey.generate_key(2048, {"kid": "one"})
OTHER: Final = RSAKey.generate_key(2048, {"kid": "one"})
GOOD: Final[dict[str, Any]] = {
    "iss": ISSUER, "sub": "a-1", "aud": "afterclick", "exp": NOW_S + 300, "iat": NOW_S, "nonce": "N", "email": "a@shop.example",
    "email_verified": True,
}  # fmt: skip


class Pretender(httpx.BaseTransport):
    """A provider in memory: gives the token that it was told to, and counts what it is asked."""

    def __init__(self, token: Callable[[], str] = lambda: signed(GOOD), **document: object) -> None:
        self.token = token
        self.keys: list[Any] = [KEY]
        self.asked: list[str] = []
        self.sent: dict[str, list[str]] = {}
        self.document = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys", **document,
        }  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path == "/token":
            self.sent = parse_qs(request.content.decode())
            return httpx.Response(200, json={"id_token": self.token(), "access_token": "x"})
        if request.url.path == "/keys":
            return httpx.Response(200, json=KeySet(self.keys).as_dict(private=False))
        return httpx.Response(200, json=self.document)


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256") -> str:
    return jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm])


def part(text: bytes) -> bytes:
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def unsigned() -> str:
    return (part(b'{"alg":"none"}') + b"." + part(json.dumps(GOOD).encode()) + b".").decode()


def with_public_key_as_secret() -> str:
    """HS256 whose secret is the provider's public key, which everybody has."""

    head = part(b'{"alg":"HS256","kid":"one"}') + b"." + part(json.dumps(GOOD).encode())
    return (head + b"." + part(hmac.digest(KEY.as_pem(private=False), head, "sha256"))).decode()


def finish(pretender: Pretender, now_s: int = NOW_S) -> Any:
    provider = Provider(Registration(ISSUER, "afterclick", "s3cret"), now_ms=lambda: now_s * 1000, transport=pretender)
    return provider.finish(code="c", redirect_uri="https://office/callback", nonce="N", verifier="v")


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def test_a_true_token_is_taken_and_the_documents_are_asked_for_once() -> None:
    pretender = Pretender()
    provider = Provider(Registration(ISSUER, "afterclick", "s3cret"), now_ms=lambda: NOW_S * 1000, transport=pretender)
    for _ in range(3):
        found = provider.finish(code="c", redirect_uri="r", nonce="N", verifier="v")
        assert (found.subject, found.email) == ("a-1", "a@shop.example")
    assert pretender.asked.count("/keys") == pretender.asked.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    "claims",
    [
        {**GOOD, "iss": "https://evil.example"}, {**GOOD, "iss": f"{ISSUER}/"}, {**GOOD, "aud": "another"},
        {**GOOD, "aud": ["another", "third"]}, {**GOOD, "aud": ["afterclick", "another"]}, {**GOOD, "azp": "another"},
        {**GOOD, "nonce": "M"}, {**GOOD, "nonce": ["N"]}, {**GOOD, "exp": NOW_S - 61}, {**GOOD, "iat": NOW_S + 120},
        {**GOOD, "iat": NOW_S - 3_600}, {**GOOD, "sub": ""}, {**GOOD, "nbf": NOW_S + 600},
        *(without(name) for name in ("iss", "aud", "exp", "iat", "sub", "nonce")),
    ],
    ids=str,
)  # fmt: skip
def test_a_token_with_a_false_or_missing_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        finish(Pretender(lambda: signed(claims)))


def test_the_code_is_redeemed_with_the_secret_behind_the_challenge() -> None:
    pretender = Pretender()
    provider = Provider(Registration(ISSUER, "afterclick", "s3cret"), now_ms=lambda: NOW_S * 1000, transport=pretender)
    begun = provider.begin("https://office/callback")
    asked = parse_qs(urlsplit(begun.address).query)
    assert asked["code_challenge"] == [part(hashlib.sha256(begun.verifier.encode()).digest()).decode()]
    assert begun.verifier not in begun.address
    pretender.token = lambda: signed({**GOOD, "nonce": begun.nonce})
    provider.finish(code="c", redirect_uri="https://office/callback", nonce=begun.nonce, verifier=begun.verifier)
    assert (pretender.sent["code_verifier"], pretender.sent["code"]) == ([begun.verifier], ["c"])


def test_a_clock_may_be_a_minute_off() -> None:
    late = {**GOOD, "exp": NOW_S - 59, "iat": NOW_S - 359}
    assert finish(Pretender(lambda: signed(late))).subject == "a-1"
    assert finish(Pretender(lambda: signed({**GOOD, "iat": NOW_S + 59}))).subject == "a-1"


@pytest.mark.parametrize(
    "token",
    [
        unsigned,
        lambda: signed(GOOD, OTHER),
        with_public_key_as_secret,
        lambda: signed(GOOD)[:-3],
        lambda: "",
        lambda: "not.a.token",
    ],
    ids=["alg none", "another key", "the public key as a secret", "cut", "empty", "nonsense"],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(token: Callable[[], str]) -> None:
    with pytest.raises(ProviderError):
        finish(Pretender(token))


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"}, {"issuer": f"{ISSUER}/"}, {"token_endpoint": "http://id.shop.example/token"},
        {"jwks_uri": "ftp://id.shop.example/keys"}, {"token_endpoint": ""}, {"jwks_uri": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_provider_that_describes_itself_falsely_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        finish(Pretender(**document))


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_counts_only_when_it_is_said_to_be_verified(verified: object) -> None:
    assert finish(Pretender(lambda: signed({**GOOD, "email_verified": verified}))).email == ""


def test_keys_that_were_changed_are_asked_for_again_but_not_for_every_false_token() -> None:
    pretender = Pretender(lambda: signed(GOOD, OTHER))
    provider = Provider(Registration(ISSUER, "afterclick", ""), now_ms=lambda: NOW_S * 1000, transport=pretender)
    for _ in range(20):
        with pytest.raises(ProviderError):
            provider.finish(code="c", redirect_uri="r", nonce="N", verifier="v")
    assert pretender.asked.count("/keys") == 1
    pretender.keys = [OTHER]
    provider._keys = None
    assert provider.finish(code="c", redirect_uri="r", nonce="N", verifier="v").subject == "a-1"

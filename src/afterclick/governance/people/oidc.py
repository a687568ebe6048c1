"""Signing in through the shop's own provider: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636)."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from afterclick.governance.people.secret import fresh

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a public key. Never `none`, and never HS…, for which the provider's public key would be the secret."""
SKEW_S: Final = 60
OLDEST_S: Final = 600
"""An ID token is taken for this long after it was made."""
TIMEOUT_S: Final = 10.0
LARGEST: Final = 1_000_000
CACHED_S: Final = 3_600.0
AGAIN_S: Final = 30.0
"""Keys that are not known are asked for again, but not more often than this."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class ProviderError(Exception):
    """The provider cannot be used, or what it says does not hold; the message is for people and names no secret."""


class Registration(NamedTuple):
    """How the office is known to its provider. `default_role` lets in whom it vouches for; empty lets in nobody new."""

    issuer: str
    client_id: str
    client_secret: str
    name: str = "single sign-on"
    default_role: str = ""


class Begun(NamedTuple):
    """A sign-in on its way: where to send the browser, and what to remember until it comes back."""

    address: str
    state: str
    nonce: str
    verifier: str


class Vouched(NamedTuple):
    """Whom the provider vouches for; `email` is empty unless it has verified it."""

    issuer: str
    subject: str
    email: str
    name: str


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Provider:
    """One OpenID provider. Its documents and keys are asked for when they are first needed, and kept for an hour."""

    def __init__(
        self, registration: Registration, *, now_ms: Callable[[], int], transport: httpx.BaseTransport | None = None
    ) -> None:
        self.registration = registration
        self._now_ms = now_ms
        self._client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, transport=transport)
        self._lock = threading.Lock()
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, redirect_uri: str) -> Begun:
        """Where to send a browser that wants to sign in.

        Raises:
            ProviderError: the provider does not answer, or not as OpenID Connect demands.
        """
        state, nonce, verifier = fresh(), fresh(), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.registration.client_id, "redirect_uri": redirect_uri,
            "scope": "openid email profile", "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        endpoint = self._described().authorization_endpoint
        return Begun(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", state, nonce, verifier)

    def finish(self, *, code: str, redirect_uri: str, nonce: str, verifier: str) -> Vouched:
        """Whom the provider vouches for, given the code that the browser brought back.

        Raises:
            ProviderError: the code is not taken, or the ID token does not hold.
        """
        answer = self._redeem(code, redirect_uri, verifier)
        claims = self._claims(str(answer.get("id_token", "")), nonce)
        if "email" not in claims and answer.get("access_token"):
            claims = self._with_user_info(claims, str(answer["access_token"]))
        verified = claims.get("email_verified") is True
        email = str(claims.get("email", "")).strip().lower() if verified else ""
        return Vouched(self.registration.issuer, claims["sub"], email, str(claims.get("name") or email.partition("@")[0]))

    def _redeem(self, code: str, redirect_uri: str, verifier: str) -> Mapping[str, Any]:
        known = self._described()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        name, secret = self.registration.client_id, self.registration.client_secret
        auth: httpx.BasicAuth | None = None
        if secret and "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(quote(name, safe=""), quote(secret, safe=""))
        elif secret:
            form |= {"client_id": name, "client_secret": secret}
        else:
            form["client_id"] = name
        return self._json("POST", known.token_endpoint, data=form, auth=auth)

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, after every check of OpenID Connect Core 3.1.3.7."""
        try:
            try:
                read = jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
            except (ValueError, KeyError, JoseError):
                # The provider may have changed its keys since we last asked for them.
                read = jwt.decode(token, self._key_set(again=True), algorithms=ALGORITHMS)
            now_s = self._now_ms() // 1000
            jwt.JWTClaimsRegistry(
                now_s, SKEW_S,
                iss={"essential": True, "value": self.registration.issuer}, sub={"essential": True},
                aud={"essential": True, "value": self.registration.client_id}, exp={"essential": True}, iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(read.claims)  # fmt: skip
        except (JoseError, ValueError, KeyError) as error:
            raise ProviderError(f"the provider's answer does not hold ({type(error).__name__}): start again") from error
        claims: dict[str, Any] = read.claims
        audience = claims["aud"]
        party = claims.get("azp", self.registration.client_id if isinstance(audience, str) or len(audience) == 1 else "")
        if party != self.registration.client_id or claims["nonce"] != nonce:
            raise ProviderError("the provider's answer is meant for another program: start again")
        if claims["iat"] < now_s - OLDEST_S:
            raise ProviderError("the provider's answer is too old: start again, and compare the clocks of both machines")
        return claims

    def _with_user_info(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        endpoint = self._described().userinfo_endpoint
        if not endpoint:
            return claims
        more = self._json("GET", endpoint, headers={"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise ProviderError("the provider speaks of two different people: start again")
        return {**more, **claims}

    # What the provider says about itself ---------------------------------------------------------------------------------

    def _described(self) -> _Metadata:
        """The discovery document; its issuer has to be the one that the settings name, to the letter."""
        with self._lock:
            if self._metadata is not None and time.monotonic() - self._metadata[0] < CACHED_S:
                return self._metadata[1]
        issuer = self.registration.issuer
        said = self._json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = msgspec.convert(said, _Metadata)
        except msgspec.ValidationError as error:
            raise ProviderError(f"{issuer} does not describe itself as an OpenID provider: {error}") from error
        if metadata.issuer != issuer:
            raise ProviderError(f"{issuer} says that it is {metadata.issuer[:200]}: set oidc.issuer to exactly what it says")
        for endpoint in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            _demand_https(endpoint)
        with self._lock:
            self._metadata = time.monotonic(), metadata
        return metadata

    def _key_set(self, *, again: bool = False) -> KeySet:
        """The provider's public keys; `again` where the ones that are known do not fit."""
        with self._lock:
            known = self._keys
        if known is not None and time.monotonic() - known[0] < (AGAIN_S if again else CACHED_S):
            return known[1]
        keys = KeySet.import_key_set(self._json("GET", self._described().jwks_uri))  # pyright: ignore[reportArgumentType]  # checked by it
        with self._lock:
            self._keys = time.monotonic(), keys
        return keys

    def _json(self, method: str, address: str, **options: Any) -> Mapping[str, Any]:
        _demand_https(address)
        host = urlsplit(address).hostname
        try:
            with self._client.stream(method, address, headers=options.pop("headers", None), **options) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        raise ProviderError(f"{host} answers with more than {LARGEST:,} bytes")
            if answer.status_code != 200:
                raise ProviderError(f"{host} answered {answer.status_code}: start again, or ask whoever keeps it")
            return msgspec.json.decode(body, type=dict[str, Any])
        except httpx.HTTPError as error:
            raise ProviderError(f"{host} cannot be reached ({type(error).__name__}): sign in with your password") from error
        except msgspec.DecodeError as error:
            raise ProviderError(f"{host} does not answer with JSON") from error


def _demand_https(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ProviderError(f"{address[:200]} is not https: the provider must be spoken to in secret")

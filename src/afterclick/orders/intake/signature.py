"""Check the signature of webhooks, so that only the store's own are taken in.

The header reads as in `domain.signing`. Several `v1` may stand side by side while a secret is being replaced.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.domain.signing import HEADER, digest, sign

__all__ = ["HEADER", "BadSignature", "sign", "verified", "verify"]

_LONGEST_HEADER: Final = 1_000


class BadSignature(ValueError):
    """The webhook was not signed with this secret, or not now; it must not be taken in."""


def verify(header: str, body: bytes, *, secret: str, now_s: int, tolerance_s: int = 300) -> None:
    """Return when one of the header's signatures is right and at most `tolerance_s` away from now, in either direction.

    Raises:
        BadSignature: anything else, with what is wrong; the secret and the right signature are never part of it.
    """
    if not secret:
        raise BadSignature("no secret is set for this store's webhooks: set one here and at the store")
    at_s, signatures = _parts(header)
    if abs(now_s - at_s) > tolerance_s:
        apart = abs(now_s - at_s)
        raise BadSignature(f"the webhook was signed {apart} s from now, more than {tolerance_s} s: compare the clocks")
    expected = digest(body, secret=secret, at_s=at_s).encode()
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise BadSignature("the webhook's signature does not fit its body: compare the secret here and at the store")


def verified(deliveries: Sequence[tuple[Mapping[str, str], bytes]], *, secret: str, now_s: int) -> tuple[list[bytes], list[str]]:
    """Of deliveries (headers, body), the bodies that are rightly signed; and for each an empty text, or why it was refused."""
    bodies: list[bytes] = []
    refused: list[str] = []
    for headers, body in deliveries:
        signature = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "")
        try:
            verify(signature, body, secret=secret, now_s=now_s)
            bodies.append(body)
            refused.append("")
        except BadSignature as error:
            refused.append(str(error))
    return bodies, refused


def _parts(header: str) -> tuple[int, list[bytes]]:
    if len(header) > _LONGEST_HEADER:
        raise BadSignature(f"the {HEADER} header has {len(header):,} characters, more than {_LONGEST_HEADER:,}")
    times: list[str] = []
    signatures: list[bytes] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value.encode())
    if len(times) != 1 or not (times[0].isascii() and times[0].isdecimal() and len(times[0]) <= 12) or not signatures:
        raise BadSignature(f"the {HEADER} header must read t=<unix seconds>,v1=<hex signature>")
    return int(times[0]), signatures

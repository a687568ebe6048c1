"""How webhooks are signed, those that come in and those that go out.

The header is `Afterclick-Signature: t=<unix seconds>,v1=<hex>`, where the hex is the HMAC-SHA-256 (RFC 2104) of
`<unix seconds>.<body>` under the shared secret.
"""

import hashlib
import hmac
from typing import Final

HEADER: Final = "Afterclick-Signature"


def sign(body: bytes, *, secret: str, at_s: int) -> str:
    """The header's value for `body`, signed at `at_s` (unix seconds)."""
    return f"t={at_s},v1={digest(body, secret=secret, at_s=at_s)}"


def digest(body: bytes, *, secret: str, at_s: int) -> str:
    """The signature alone, in hex."""
    return hmac.new(secret.encode(), b"%d.%b" % (at_s, body), hashlib.sha256).hexdigest()

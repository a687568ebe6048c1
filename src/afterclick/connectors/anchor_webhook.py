"""A witness that is somebody else's server: each head of the log is posted there, signed."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

import httpx
import msgspec

from afterclick.connectors.anchor_file import AnchorLine
from afterclick.domain.anchor import Head
from afterclick.ports.answer import Answer, Declined, Done, Unavailable, one_by_one

TIMEOUT_S: Final = 10.0
SIGNATURE: Final = "Afterclick-Signature"
_TRY_LATER: Final = (408, 425, 429)


class AnchorWebhook:
    """Implements `ports.witness.Witness`.

    The body is the line of an anchor file; the header `Afterclick-Signature` is `t=<unix seconds>,v1=<HMAC-SHA-256 of
    "<seconds>.<body>" in hex>`, as it is for webhooks that come in. `Idempotency-Key` is the same whenever it is sent again.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: Callable[[], str],
        now_ms: Callable[[], int],
        transport: httpx.BaseTransport | None = None,
        name: str = "webhook",
    ) -> None:
        self.name = name
        self._url = url
        self._secret = secret
        self._now_ms = now_ms
        self._transport = transport

    def keep(self, heads: Sequence[Head]) -> Sequence[Answer[None]]:
        """Post each head; redirects are not followed."""
        return one_by_one(self._post, heads)

    def _post(self, head: Head) -> Answer[None]:
        body = msgspec.json.encode(AnchorLine.of(head))
        seconds = self._now_ms() // 1000
        secret = self._secret()
        if not secret:
            return Declined("what is posted must be signed: set audit.anchor_secret")
        signature = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "idempotency-key": head.key,
            SIGNATURE: f"t={seconds},v1={signature}",
        }
        try:
            with httpx.Client(timeout=TIMEOUT_S, transport=self._transport) as client:
                status = client.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError as error:
            return Unavailable(f"the witness did not answer: {type(error).__name__}")
        if status < 300:
            return Done(None)
        if status >= 500 or status in _TRY_LATER:
            return Unavailable(f"the witness answered {status}")
        return Declined(f"the witness answered {status}")

"""Webhooks that go out over HTTPS, and nowhere but to public addresses."""

from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from afterclick.connectors.public_http import NotAllowed, PublicHttp, Resolve
from afterclick.ports.answer import Answer, Done, one_by_one
from afterclick.ports.subscribers import Telling, Told

TIMEOUT_S: Final = 10.0
MOST_SAID: Final = 300
"""Bytes of an answer that are read: enough to see what is wrong."""


class HttpSubscribers:
    """Tells subscribers by POST. `allow_private`: also over plain http, and to addresses of this machine and its network."""

    name = "webhooks"

    def __init__(self, *, allow_private: bool = False, resolve: Resolve | None = None, timeout_s: float = TIMEOUT_S) -> None:
        schemes = ("https", "http") if allow_private else ("https",)
        self._http = PublicHttp(schemes, setting="webhooks.allow_private", allow_private=allow_private, resolve=resolve)
        self._timeout_s = timeout_s

    def check(self, url: str) -> None:
        """Look at an address before it is taken on, without looking its name up.

        Raises:
            NotAllowed: no webhook may go there; says why.
        """
        self._http.parts(url)

    def tell(self, tellings: Sequence[Telling]) -> Sequence[Answer[Told]]:
        return one_by_one(self._tell, tellings)

    def _tell(self, telling: Telling) -> Answer[Told]:
        try:
            return Done(self._post(telling.url, telling.body, telling.headers))
        except NotAllowed as error:
            return Done(Told(0, str(error)))
        except (httpx.HTTPError, OSError) as error:
            return Done(Told(0, f"{type(error).__name__}: {error}"[:MOST_SAID]))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        sent = {**headers, "Accept-Encoding": "identity"}
        with self._http.asked("POST", url, headers=sent, timeout_s=self._timeout_s, content=body) as answer:
            # The first piece, as it came: an answer that trickles, or that would swell, holds nobody up.
            said = next(answer.iter_raw(), b"")
        return Told(answer.status_code, said[:MOST_SAID].decode(errors="replace"))

"""Webhooks that go out over HTTPS, and nowhere but to public addresses."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from afterclick.ports.answer import Answer, Done, one_by_one
from afterclick.ports.subscribers import Telling, Told

TIMEOUT_S: Final = 10.0
MOST_SAID: Final = 300
"""Bytes of an answer that are read: enough to see what is wrong."""
_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""The one part of IPv6 from which public addresses are given out."""
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses."""


class NotAllowed(ValueError):
    """A webhook may not go there; says why."""


class HttpSubscribers:
    """Tells subscribers by POST. `allow_private`: also over plain http, and to addresses of this machine and its network.

    The name is looked up once, every address that it has is checked, and the one that was checked is connected to, so that a
    name cannot point elsewhere a moment later. Redirects are not followed, and no proxy of the environment is used.
    """

    name = "webhooks"

    def __init__(self, *, allow_private: bool = False, resolve: Resolve | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._allow_private = allow_private
        self._resolve = resolve or addresses
        self._timeout_s = timeout_s

    def tell(self, tellings: Sequence[Telling]) -> Sequence[Answer[Told]]:
        return one_by_one(self._tell, tellings)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Who may vouch for a subscriber; read once, when the first is told."""
        return httpx.create_ssl_context(trust_env=False)

    def _tell(self, telling: Telling) -> Answer[Told]:
        try:
            return Done(self._post(telling.url, telling.body, telling.headers))
        except NotAllowed as error:
            return Done(Told(0, str(error)))
        except (httpx.HTTPError, OSError) as error:
            return Done(Told(0, f"{type(error).__name__}: {error}"[:MOST_SAID]))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        parts = parsed(url, allow_private=self._allow_private)
        host = str(parts.hostname)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._checked(host, port)
        there = f"[{address}]" if ":" in address else address
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {**headers, "Host": parts.netloc, "Accept-Encoding": "identity"}
        with (
            httpx.Client(timeout=self._timeout_s, follow_redirects=False, trust_env=False, verify=self._trusted) as client,
            client.stream(
                "POST", f"{parts.scheme}://{there}:{port}{path}", content=body, headers=sent,
                extensions={"sni_hostname": host} if parts.scheme == "https" else {},
            ) as answer,
        ):  # fmt: skip
            # The first piece, as it came: an answer that trickles, or that would swell, holds nobody up.
            said = next(answer.iter_raw(), b"")
        return Told(answer.status_code, said[:MOST_SAID].decode(errors="replace"))

    def _checked(self, host: str, port: int) -> str:
        """An address of the host, of which every one may be asked."""
        found = list(self._resolve(host, port))
        if not found:
            raise NotAllowed(f"{host} has no address")
        for one in found:
            if not self._allow_private and not is_public(one):
                raise NotAllowed(f"{host} points to {one}, which is no public address (setting webhooks.allow_private)")
        return found[0]


def parsed(url: str, *, allow_private: bool) -> SplitResult:
    """The parts of an address that webhooks may go to, as far as one can tell without looking its name up.

    Raises:
        NotAllowed: it is no https address, names somebody to sign in as, or is plainly not public.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("that is no web address; write https://…") from error
    host = parts.hostname or ""
    if parts.scheme not in (("https", "http") if allow_private else ("https",)) or not host or port == 0:
        raise NotAllowed("a webhook goes to an https:// address (http only with the setting webhooks.allow_private)")
    if parts.username is not None or parts.password is not None or not (url.isascii() and url.isprintable()) or " " in url:
        raise NotAllowed("the address must be plain: no spaces, no user name, no password")
    if not allow_private and (host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or _is_private(host)):
        raise NotAllowed(f"{host} is no public address (setting webhooks.allow_private)")
    return parts


def addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for family, _, _, _, address in found if family in _FAMILIES))


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet; one that wraps another (such as ::ffff:127.0.0.1) is judged by that."""
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if one in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)))
        if one not in _UNICAST:  # ::127.0.0.1, fec0::1, 64:ff9b:1::a00:1: such lead inside, if anywhere
            return False
    return one.is_global and not one.is_multicast


def _is_private(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Numbers that some systems read as an address: 2130706433, 0x7f.1, 127.1
        return host.replace(".", "").isdigit() or host.lower().startswith("0x")
    return not is_public(host)

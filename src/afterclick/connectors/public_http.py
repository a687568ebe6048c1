"""HTTP to public addresses and nowhere else: the address that was looked up and checked is the one that is asked."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""The one part of IPv6 from which public addresses are given out."""
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)
_PORTS: Final = {"http": 80, "https": 443}
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses."""


class NotAllowed(ValueError):
    """Nothing may be asked there; says why."""


class PublicHttp:
    """Asks web servers of the public internet; with `allow_private` also those of this machine and its network.

    Every address that a name has is checked, and the one that was checked is connected to, so that a name cannot point
    elsewhere a moment later. Redirects are not followed, and no proxy of the environment is used. `setting` is named in what
    is said to people who want it otherwise.
    """

    def __init__(
        self, schemes: Collection[str], *, setting: str, allow_private: bool = False, resolve: Resolve | None = None
    ) -> None:
        self._schemes = schemes
        self._setting = setting
        self._allow_private = allow_private
        self._resolve = resolve or addresses

    @contextmanager
    def asked(
        self, method: str, url: str, *, headers: Mapping[str, str], timeout_s: float, content: bytes | None = None
    ) -> Generator[httpx.Response, None, None]:
        """The beginning of an answer, whose body is still to be read; nothing of it is unpacked.

        Raises:
            NotAllowed: the address, or one that its name has, may not be asked.
            httpx.HTTPError, OSError: nobody answers, or the name has no address just now.
        """
        parts = self.parts(url)
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        address = self._checked(host, port)
        there = f"[{address}]" if ":" in address else address
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with (
            httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False, verify=self._trusted) as client,
            client.stream(
                method, f"{parts.scheme}://{there}:{port}{path}", content=content, headers={**headers, "Host": parts.netloc},
                extensions={"sni_hostname": host} if parts.scheme == "https" else {},
            ) as answer,
        ):  # fmt: skip
            yield answer

    def parts(self, url: str) -> SplitResult:
        """The parts of an address that may be asked, as far as one can tell without looking its name up.

        Raises:
            NotAllowed: it is no web address, names somebody to sign in as, or is plainly not public.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise NotAllowed("that is no web address; write https://…") from error
        host = parts.hostname or ""
        if parts.scheme not in self._schemes or not host or port == 0:
            kinds = " or ".join(f"{scheme}://" for scheme in sorted(self._schemes, reverse=True))
            otherwise = "" if "http" in self._schemes else f" (http:// only with the setting {self._setting})"
            raise NotAllowed(f"the address must begin with {kinds}{otherwise}")
        if parts.username is not None or parts.password is not None or not (url.isascii() and url.isprintable()) or " " in url:
            raise NotAllowed("the address must be plain: no spaces, no letters that need encoding, no user name, no password")
        inside = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        if not self._allow_private and (inside or _is_private(host)):
            raise NotAllowed(f"{host} is no public address (setting {self._setting})")
        return parts

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Who may vouch for a server; read once, when the first is asked."""
        return httpx.create_ssl_context(trust_env=False)

    def _checked(self, host: str, port: int) -> str:
        """An address of the host, of which every one may be asked."""
        found = list(self._resolve(host, port))
        if not found:
            raise NotAllowed(f"{host} has no address")
        for one in found:
            if not self._allow_private and not is_public(one):
                raise NotAllowed(f"{host} points to {one}, which is no public address (setting {self._setting})")
        return found[0]


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

"""A browser for tests: asks an application without a network, and keeps its cookies."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.permissions import Role


class Browser:
    """Requests to the application as `http://localhost:8420`; redirects are not followed."""

    def __init__(self, app: FastAPI) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8420")

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def get(self, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._client.get(url, **options))

    def post(self, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._client.post(url, **options))

    def ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._client.request(method, url, **options))


def everyone(_request: object) -> Actor:
    """Whoever asks is one person with every role, who runs the shop alone."""
    return signed_in()


def signed_in(*roles: Role, name: str = "test") -> Actor:
    """A person with these roles; with all of them, and alone, when none is named."""
    return Actor(f"person:{name}", name, frozenset(roles) or EVERYTHING, alone=not roles)

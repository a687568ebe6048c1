"""A control room served on this machine, and a real Chromium that a test drives."""

import contextlib
import socket
import threading
from collections.abc import Generator
from typing import Final

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM

FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT_MS: Final = 15_000


@contextlib.contextmanager
def served(app: FastAPI, *, port: int = 0) -> Generator[str]:
    """The application on a free port of this machine; yields its address."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextlib.contextmanager
def chromium() -> Generator[Browser]:
    """The distribution's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page, *, only: str = "") -> list[str]:
    """What axe-core finds wrong with the page for people who see, hear or move differently: rule and place, one line each."""
    found = Axe().run(page, options={"resultTypes": ["violations"]} | ({"runOnly": only} if only else {})).response["violations"]
    return [f"{page.url}: {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]

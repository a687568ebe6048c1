"""Closes the worlds that a test has opened."""

from collections.abc import Iterator

import pytest

from tests.simulator.worlds import OPENED


@pytest.fixture(autouse=True)
def closed_worlds() -> Iterator[None]:
    """Let go of every ledger file when the test is over."""
    yield
    while OPENED:
        OPENED.pop().close()

"""What the tests of the vault work with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.governance.vault.office import Safe, forgetting, safe


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No test leaves the process knowing its secrets."""
    with forgetting():
        yield


@pytest.fixture
def kept(database_url: str, tmp_path: Path) -> Iterator[Safe]:
    """A vault on an empty database."""
    with safe(database_url, tmp_path) as made:
        yield made

"""What the tests of the store work with."""

from collections.abc import Iterator

import pytest

from afterclick.store.database import Database
from afterclick.store.tables import metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with an office's tables."""
    opened = Database(database_url)
    metadata.create_all(opened.engine)
    yield opened
    opened.dispose()

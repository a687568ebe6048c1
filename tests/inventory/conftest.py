"""An empty office to write in."""

from collections.abc import Iterator

import pytest

from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as transaction:
        yield transaction
    database.dispose()

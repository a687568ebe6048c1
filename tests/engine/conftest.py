"""What the tests of the engine work with."""

from collections.abc import Iterator

import pytest

from tests.engine.bench import Bench, furnished


@pytest.fixture
def bench(database_url: str) -> Iterator[Bench]:
    """A workbench on a database with every table."""
    with furnished(database_url) as database:
        yield Bench(database)

"""A furnished office that the tests of a file share, on the database under test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.control_room.api_office import ApiOffice, api_office
from tests.databases import SERVER_URL


@pytest.fixture(scope="module")
def shared_url(tmp_path_factory: pytest.TempPathFactory, furnished_url: str) -> Iterator[str]:
    """The URL of a database for all tests of a file: empty for SQLite in the office's folder."""
    if not SERVER_URL:
        yield "sqlite://"
        return
    with databases.new(tmp_path_factory.mktemp("shared"), like=furnished_url) as url:
        yield url


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory, shared_url: str) -> Iterator[ApiOffice]:
    """One office for all tests of a file, which must not stand in each other's way."""
    with api_office(tmp_path_factory.mktemp("shared"), shared_url) as made:
        yield made


@pytest.fixture
def programs(tmp_path: Path, database_url: str) -> Iterator[ApiOffice]:
    """An office for one test alone."""
    with api_office(tmp_path, database_url) as made:
        yield made

"""A furnished office that the tests of a file share, on the database under test."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.conftest import SERVER_URL
from tests.control_room.api_office import ApiOffice, api_office


@pytest.fixture(scope="module")
def shared_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database for all tests of a file: empty for SQLite in the office's folder."""
    if not SERVER_URL:
        yield "sqlite://"
        return
    name = f"shared_{os.getpid()}_{tmp_path_factory.mktemp('db').name}"
    with psycopg.connect(SERVER_URL, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield SERVER_URL.replace("/postgres?", f"/{name}?")
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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

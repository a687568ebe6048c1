"""What every test may ask for: a fresh database of the kind under test, and the third-party data where it is there."""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql

from afterclick.engine.runtime import Runtime

SERVER_URL: Final = os.environ.get("AFTERCLICK_TEST_DATABASE_URL", "")
SHARED_DATA: Final = Path(__file__).parents[1].parent / "shared" / "data"
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")

_LEFT_OUT: Final = {
    "realdata": ("" if SHARED_DATA.is_dir() else f"no third-party data at {SHARED_DATA}"),
    "postgres_only": ("" if SERVER_URL else "runs with bin/test --postgres"),
    "browser": ("" if CHROMIUM else "there is no Chromium here"),
    "sqlite_only": ("says something about SQLite alone" if SERVER_URL else ""),
}
# Engines come and go by the hundred here, and each would wait for its last look for messages before it stops.
Runtime.listens_every_s = 0.02

_numbers = itertools.count(1)


def pytest_report_header() -> list[str]:
    """Name the database under test, and say whether the third-party data was found."""
    database = "PostgreSQL" if SERVER_URL else "SQLite"
    found = "found" if SHARED_DATA.is_dir() else "not found: tests marked realdata are left out"
    return [f"database: {database}", f"third-party data: {found}"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, each with its reason."""
    for item in items:
        for marker, because in _LEFT_OUT.items():
            if because and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=because))


@pytest.fixture
def shared_data() -> Path:
    """The folder of third-party data; for tests marked `realdata`."""
    return SHARED_DATA


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database for this test alone: a SQLite file, or a database on the server under test."""
    if not SERVER_URL:
        yield f"sqlite:///{tmp_path / 'office.sqlite'}"
        return
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(SERVER_URL, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield SERVER_URL.replace("/postgres?", f"/{name}?")
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

"""What every test may ask for: a fresh database of the kind under test, and the third-party data where it is there."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from afterclick.engine.engine import Engine
from afterclick.engine.runtime import Runtime
from tests import databases
from tests.databases import SERVER_URL

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
Engine.gathers_s = 0.02


def pytest_report_header() -> list[str]:
    """Name the database under test, and say whether the third-party data was found."""
    database = "PostgreSQL" if SERVER_URL else "SQLite"
    found = "found" if SHARED_DATA.is_dir() else "not found: tests marked realdata are left out"
    return [f"database: {database}", f"third-party data: {found}"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--on-the-database` is for the second of two runs on two kinds of database."""
    parser.addoption("--on-the-database", action="store_true", help="only tests that work on the database under test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not asked for, and what cannot run here, each with its reason."""
    if config.getoption("--on-the-database"):
        elsewhere = [item for item in items if not _on_the_database(item)]
        items[:] = [item for item in items if _on_the_database(item)]
        config.hook.pytest_deselected(items=elsewhere)
    for item in items:
        for marker, because in _LEFT_OUT.items():
            if because and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=because))


def _on_the_database(item: pytest.Item) -> bool:
    asked = {"furnished_url", "empty_database_url"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) or item.get_closest_marker("postgres_only") is not None


@pytest.fixture
def shared_data() -> Path:
    """The folder of third-party data; for tests marked `realdata`."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def furnished_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database with all tables and no rows, to be copied: that is quicker than to make them again and again."""
    with databases.new(tmp_path_factory.mktemp("furnished")) as url:
        databases.furnish(url)
        yield url


@pytest.fixture
def database_url(tmp_path: Path, furnished_url: str) -> Iterator[str]:
    """The URL of a database for this test alone, with all tables and no rows: a SQLite file, or one on the server under test."""
    with databases.new(tmp_path, like=furnished_url) as url:
        yield url


@pytest.fixture
def empty_database_url(tmp_path: Path) -> Iterator[str]:
    """As `database_url`, without any table."""
    with databases.new(tmp_path) as url:
        yield url

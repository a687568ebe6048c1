"""Databases for tests, on the kind under test: empty ones, and copies of one that has all tables already."""

import itertools
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from afterclick.engine.runtime import Runtime
from afterclick.store.database import Database, sqlite_url
from afterclick.store.migrating import migrate

SERVER_URL: Final = os.environ.get("AFTERCLICK_TEST_DATABASE_URL", "")
"""The PostgreSQL server under test; empty on SQLite."""
_ENGINE: Final = "-engine"
_numbers = itertools.count(1)


@contextmanager
def new(folder: Path, *, like: str = "") -> Generator[str, None, None]:
    """The URL of a database that lasts as long as the block: empty, or a copy of the one at the URL `like`."""
    if not SERVER_URL:
        yield _new_file(folder / "office.sqlite", like=like)
        return
    name = f"test_{os.getpid()}_{next(_numbers)}"
    copied = (make_url(like).database if like else None) or "template1"
    with psycopg.connect(SERVER_URL, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(copied)))
        yield SERVER_URL.replace("/postgres?", f"/{name}?")
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def furnish(url: str) -> None:
    """Give an empty database the tables of an office and of its engine."""
    database = Database(url)
    migrate(database)
    runtime = Runtime(database, executor="nobody", run_batch=lambda _batch: None)
    runtime.launch()
    runtime.destroy()
    database.dispose()


def _new_file(path: Path, *, like: str) -> str:
    if like:
        for suffix in ("", _ENGINE):
            shutil.copy(f"{make_url(like).database}{suffix}", f"{path}{suffix}")
    return sqlite_url(path)

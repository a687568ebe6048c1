"""A vault for tests, on the database under test, with a clock that stands where a test puts it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from afterclick.governance.cards import Card
from afterclick.governance.vault import redaction
from afterclick.governance.vault.keys import KeySource, OfficeKeys
from afterclick.governance.vault.vault import Vault
from afterclick.store.database import Database
from afterclick.store.tables import metadata

START_MS: Final = 1_795_132_800_000
ANNA: Final = "person:anna"


class Safe:
    """A vault with its database, and the file of its key."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = Database(url)
        self.folder = folder
        self.key_file = folder / "vault.key"
        self.ms = START_MS
        metadata.create_all(self.database.engine)
        self.vault = self.another()

    def another(self, key_from: str = "file:vault.key") -> Vault:
        """The vault as another process sees it."""
        keys = OfficeKeys(KeySource.read(key_from, folder=self.folder))
        return Vault(self.database, keys, now_ms=lambda: self.ms)

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        with self.database.reading() as tx:
            return tx.rows(sql, values)

    def run(self, sql: str, *values: int | str) -> None:
        with self.database.transaction() as tx:
            tx.run(sql, values)

    def read(self, name: str, *, version: int = 0, vault: Vault | None = None) -> str:
        """Lease a secret and reveal it."""
        with (vault or self.vault).lease(name, to=card(name), for_="a test", version=version) as secret:
            return secret.reveal()


def card(*secrets: str) -> Card:
    """A bot's card that names these secrets."""
    return Card("orders.label", "labels", "operations", "order", (), version="7", secrets=frozenset(secrets))


@contextmanager
def safe(url: str, folder: Path) -> Generator[Safe]:
    """A vault, open for the length of the block."""
    made = Safe(url, folder)
    try:
        yield made
    finally:
        made.database.dispose()


@contextmanager
def forgetting() -> Generator[None]:
    """What this process learns in the block is forgotten afterwards, so that no other test is told dots."""
    before = redaction.OFFICE._forms
    try:
        yield
    finally:
        redaction.OFFICE._forms = before

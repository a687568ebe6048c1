"""The secrets by which webhooks out are signed: one key in the vault, from which each subscriber's own is derived."""

import hashlib
import hmac
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from afterclick.governance.cards import Card
from afterclick.governance.vault.errors import Unfit
from afterclick.governance.vault.secret import Secret
from afterclick.governance.vault.vault import Vault

NAME: Final = "webhooks.out"


class Signer:
    """Lends the key; see the module. Nothing that could sign lies in the database outside the vault."""

    def __init__(self, vault: Vault, *, card: Card) -> None:
        self._vault = vault
        self._card = card

    def show(self, salt: str, *, by: str) -> str:
        """The secret of one subscriber, to be shown to the person `by` now and never again.

        Raises:
            VaultError: the vault cannot be opened.
        """
        if not self._vault.readable(NAME):
            with suppress(Unfit):  # somebody else was quicker
                self._vault.put(NAME, secrets.token_hex(32), by=by)
        with self._vault.lease(NAME, to=self._card, for_="showing a subscriber's secret", by=by) as key:
            return derived(key, salt)

    @contextmanager
    def lent(self) -> Generator[Secret]:
        """The key, for as long as tellings are signed.

        Raises:
            VaultError: the vault cannot be opened.
        """
        with self._vault.lease(NAME, to=self._card, for_="signing webhooks") as key:
            yield key


def derived(key: Secret, salt: str) -> str:
    """A subscriber's own secret."""
    return "whsec_" + hmac.new(key.reveal().encode(), salt.encode(), hashlib.sha256).hexdigest()

"""Take a subscriber on, for pages, programs and the command line alike."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from afterclick.control_room.outgoing import subscriptions
from afterclick.control_room.outgoing.signer import Signer
from afterclick.control_room.outgoing.subscriptions import Impossible, Subscription
from afterclick.governance.vault.errors import VaultError
from afterclick.store.transaction import Tx

REFUSALS: Final = (Impossible, ValueError, VaultError)
"""Errors of `Subscribing` that whoever asked can do something about."""


class Prepared(NamedTuple):
    """What a subscriber will be given: the address that was checked, and the secret with its salt."""

    url: str
    salt: str
    secret: str


class Subscribing(NamedTuple):
    """Checks addresses (`checked` raises a ValueError where webhooks may not go) and makes secrets."""

    signer: Signer
    checked: Callable[[str], object]
    now_ms: Callable[[], int]

    def prepare(self, url: str, *, by: str) -> Prepared:
        """Before the transaction that adds it, since the vault writes to the log itself. An empty address is not checked.

        Raises:
            ValueError: webhooks may not go there. VaultError: the vault cannot be opened.
        """
        if url:
            self.checked(url)
        salt = subscriptions.new_salt()
        return Prepared(url, salt, self.signer.show(salt, by=by))

    def add(self, tx: Tx, made: Prepared, events: Sequence[str], *, by: str) -> Subscription:
        """Tell it of these events from now on."""
        return subscriptions.add(tx, made.url, events, salt=made.salt, by=by, now_ms=self.now_ms())

    def renew(self, tx: Tx, number: int, made: Prepared, *, by: str) -> Subscription:
        """Sign with the new secret from now on."""
        return subscriptions.renew(tx, number, made.salt, by=by, now_ms=self.now_ms())

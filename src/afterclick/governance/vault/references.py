"""Settings that refer to the vault: `vault:NAME` becomes the value where it is used."""

from collections.abc import Callable
from typing import Final

from afterclick.governance.cards import Card
from afterclick.governance.vault.redaction import learn
from afterclick.governance.vault.vault import NAME, Vault

PREFIX: Final = "vault:"
OF_STORE: Final = "{store}"
"""What stands in a reference for the name of a store, so that each store has a secret of its own."""
KEPT_MS: Final = 60_000
"""One lease serves so long: a setting is used at every request, and each lease is a line in the log."""
ACTOR: Final = "office.settings"


class References:
    """The office's own leases. A setting that refers to a secret is what allows it to be read, as a card is for a bot."""

    def __init__(self, vault: Vault, *, now_ms: Callable[[], int]) -> None:
        self._vault = vault
        self._now_ms = now_ms
        self._kept: dict[str, tuple[int, list[str]]] = {}

    def values(self, said: str, *, setting: str, store: str = "") -> list[str]:
        """What a setting says: itself, or the values of the secret that it refers to, the newest first.

        There are several while an old value is in its grace; what others send us may still be made with that. There is none
        where each store has its own and this one has not: the name comes from outside, so that nothing is put on record of it.

        Raises:
            VaultError: the secret cannot be read; the message says why.
        """
        if not said.startswith(PREFIX):
            learn(said)
            return [said]
        name, now_ms = said.removeprefix(PREFIX).replace(OF_STORE, store), self._now_ms()
        until_ms, values = self._kept.get(name, (0, []))
        if not 0 <= until_ms - now_ms <= KEPT_MS or not values:
            if OF_STORE in said and not (NAME.fullmatch(name) and self._vault.readable(name)):
                return []
            values = self._lease(name, setting)
            self._kept[name] = (now_ms + KEPT_MS, values)
        return values

    def _lease(self, name: str, setting: str) -> list[str]:
        card = Card(ACTOR, f"uses {setting}", "the office", "", (), secrets=frozenset({name}))
        values: list[str] = []
        for version in [0, *self._vault.readable(name)[1:]]:  # 0: the newest, or an error that says why there is none
            with self._vault.lease(name, to=card, for_=setting, version=version) as secret:
                values.append(secret.reveal())
        return values

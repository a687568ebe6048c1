"""The vault: puts, rotates, lends and revokes secrets, each on record, and never shows one."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import msgspec

from afterclick.governance.cards import Card
from afterclick.governance.vault import elsewhere, records, redaction
from afterclick.governance.vault.errors import NoSecret, NotOnCard, Tampered, Unfit, WrongKey
from afterclick.governance.vault.keys import OfficeKeys
from afterclick.governance.vault.sealing import OfficeKey, seal, unseal, wrap_again
from afterclick.governance.vault.secret import Lent, Secret
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
LONGEST: Final = 65_536
"""Bytes of one secret: a chain of certificates fits."""
GRACE_MS: Final = 86_400_000
LONGEST_GRACE_MS: Final = 90 * 86_400_000


class Vault:
    """The secrets of an office; one object for each process. Every verb is one transaction with its event."""

    def __init__(self, database: Database, keys: OfficeKeys, *, now_ms: Callable[[], int]) -> None:
        self.keys = keys
        self._database = database
        self._now_ms = now_ms

    # Keeping ----------------------------------------------------------------------------------------------------------------

    def put(self, name: str, value: str, *, by: str) -> int:
        """Keep a new secret; returns its version.

        Raises:
            Unfit: no such name or value can be kept, or there is a secret of that name. KeyMissing, WrongKey: see there.
        """
        _check(name, value)
        with self._database.transaction() as tx:
            known = self._changing(tx, name)
            if any(one.state == records.CURRENT for one in known):
                raise Unfit(f"there is a secret {name} already; give it a new value with `afterclick vault rotate {name}`")
            return self._write(tx, name, value, known, activity="vault.put", by=by)

    def rotate(self, name: str, value: str, *, by: str, grace_ms: int = GRACE_MS) -> int:
        """Give a secret a new value; the old one stays readable for `grace_ms`. Returns the new version.

        Raises:
            NoSecret: there is none of that name. Unfit, KeyMissing, WrongKey: as for `put`.
        """
        _check(name, value)
        if not 0 <= grace_ms <= LONGEST_GRACE_MS:
            raise Unfit(f"the grace of an old value is between 0 and {LONGEST_GRACE_MS // 86_400_000} days")
        with self._database.transaction() as tx:
            known = self._changing(tx, name)
            if not any(one.state == records.CURRENT for one in known):
                raise _none(name)
            records.retire(tx, name, until_ms=self._now_ms() + grace_ms)
            records.end_retired(tx, now_ms=self._now_ms())
            return self._write(tx, name, value, known, activity="vault.rotated", by=by)

    def revoke(self, name: str, *, by: str) -> None:
        """Erase a secret, all its versions at once; nobody can lease it again.

        Raises:
            NoSecret: there is none of that name.
        """
        with self._database.transaction() as tx:
            tx.take("vault")
            if not records.end(tx, name):
                raise _none(name)
            self._log(tx, Event("vault.revoked", None, f"secret/{name}", "", "every version was erased"), by=by)

    def rekey(self, *, by: str, to: OfficeKeys | None = None) -> int:
        """Wrap every secret under another office key: that of `to`, else a new one in the key's file. Returns how many.

        Raises:
            KeyMissing: a key is not there, or no new one can be made. WrongKey, Tampered: nothing was changed.
        """
        with self._database.transaction() as tx:
            tx.take("vault")  # one at a time: nobody else prepares a key meanwhile
            self._key(tx)
            new = self.keys.prepare_next() if to is None else to.find()
            records.end_retired(tx, now_ms=self._now_ms())
            kept = [one for one in records.versions(tx) if one.state != records.ENDED]
            for one in kept:
                old = self.keys.find(one.seal.office_key)
                records.rewrite(tx, one.name, one.version, wrap_again(one.seal, one.name, one.version, old=old, new=new))
            count = len(kept) + elsewhere.rewrap(tx, self.keys, new)
            said = f"{count} sealed values are under the office key {new.id} now"
            self._log(tx, Event("vault.rekeyed", None, "vault/office-key", "", said), by=by)
        if to is None:
            self.keys.take_next(new.id)
        return count

    # What other tables keep ---------------------------------------------------------------------------------------------------

    def seal(self, tx: Tx, owner: str, value: str) -> str:
        """A value as another table keeps it (see `elsewhere`), bound to its owner: `people/anna`.

        Unlike a secret it is not taken out of what the process writes: there may be thousands, and whoever keeps it shows it to
        nobody.

        Raises:
            KeyMissing, WrongKey: as for `put`.
        """
        tx.take("vault")
        return elsewhere.sealed(value, owner, self._key(tx))

    def unseal(self, owner: str, text: str) -> str:
        """What `seal` has sealed for this owner.

        Raises:
            KeyMissing, WrongKey, Tampered.
        """
        return elsewhere.opened(text, owner, self.keys)

    # Lending ----------------------------------------------------------------------------------------------------------------

    @contextmanager
    def lease(self, name: str, *, to: Card, for_: str, version: int = 0, by: str = "") -> Generator[Secret]:
        """Lend a secret to one bot for one stage: `with vault.lease("dhl", to=CARD, for_="label") as secret`.

        The newest version, unless an older one that is still readable is named. `by` is a person who acts for the bot. Writes
        to the log first, in a transaction of its own: call it in a stage's calls, not in the stage's transaction.

        Raises:
            NotOnCard: the bot's card does not name the secret. NoSecret: there is none to read. KeyMissing, WrongKey, Tampered.
        """
        if name not in to.secrets:
            because = f"{to.id} asked for the secret {name}, which its card does not name"
            with self._database.transaction() as tx:
                self._log(
                    tx,
                    Event("vault.refused", None, f"secret/{name}", "Refuse", because),
                    by=by or to.id,
                    version="" if by else to.version,
                )
            raise NotOnCard(f"{because}; add it to `secrets` on the card, and have the card approved")
        lent = self._lend(name, to=to, for_=for_, version=version, by=by)
        try:
            yield lent.secret()
        finally:
            lent.end()

    def readable(self, name: str) -> list[int]:
        """The versions of a secret that may be leased, the newest first."""
        now_ms = self._now_ms()
        with self._database.reading() as tx:
            return [one.version for one in records.versions(tx, name) if one.readable(now_ms)]

    def _lend(self, name: str, *, to: Card, for_: str, version: int, by: str) -> Lent:
        now_ms = self._now_ms()
        with self._database.reading() as tx:
            known = [one for one in records.versions(tx, name) if one.readable(now_ms)]
        found = next((one for one in known if version in (0, one.version)), None)
        if found is None:
            raise _none(name, version)
        if not version and found.state != records.CURRENT:
            raise Tampered(f"the newest version of secret {name} is gone from the database; set it anew with"
                           f" `afterclick vault set {name}`, and find out who can write to the database")  # fmt: skip
        value = unseal(found.seal, name, found.version, self.keys.find(found.seal.office_key))
        redaction.learn(value)
        because = f"version {found.version} to {to.id} for {for_}"
        facts = msgspec.json.encode({"version": found.version, "to": to.id, "for": for_}).decode()
        with self._database.transaction() as tx:
            self._log(
                tx,
                Event("vault.leased", None, f"secret/{name}", "", because, facts),
                by=by or to.id,
                version="" if by else to.version,
            )
        return Lent(name, value)

    # Each change --------------------------------------------------------------------------------------------------------------

    def _changing(self, tx: Tx, name: str) -> list[records.Version]:
        """Begin a change, one at a time; returns the versions of that name."""
        tx.take("vault")
        return records.versions(tx, name)

    def _write(self, tx: Tx, name: str, value: str, known: list[records.Version], *, activity: str, by: str) -> int:
        version = known[0].version + 1 if known else 1
        redaction.learn(value)
        records.add(tx, name, version, seal(value, name, version, self._key(tx)), by=by, now_ms=self._now_ms())
        facts = msgspec.json.encode({"version": version}).decode()
        self._log(tx, Event(activity, None, f"secret/{name}", "", f"version {version}", facts), by=by)
        return version

    def _key(self, tx: Tx) -> OfficeKey:
        """The key to seal under: that of all other secrets, or, for the first of them, one that is made if need be."""
        used = records.key_in_use(tx) or elsewhere.key_in_use(tx)
        key = self.keys.find(used) if used else self.keys.make()
        if used and key.id != used:
            raise WrongKey(
                f"the secrets are sealed under the office key {used}, and the key at hand is {key.id}: see where vault.key_from"
                " points, or bring that key back from its backup"
            )
        return key

    def _log(self, tx: Tx, event: Event, *, by: str, version: str = "") -> None:
        log.append(tx, Block(self._now_ms(), by, version), [event])


def _check(name: str, value: str) -> None:
    if not NAME.fullmatch(name):
        raise Unfit("a secret's name has up to 80 small letters, digits, dots, hyphens and underlines, such as carrier.dhl")
    if len(value) < redaction.SHORTEST:
        raise Unfit(
            f"the value for {name} has fewer than {redaction.SHORTEST} characters: it could not be kept out of logs;"
            " use a longer one"
        )
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Unfit(f"the value for {name} is no text: encode it in base64 first") from None
    if size > LONGEST:
        raise Unfit(f"the value for {name} has {size:,} bytes; {LONGEST:,} is the most")


def _none(name: str, version: int = 0) -> NoSecret:
    which = f"{name} version {version}" if version else name
    return NoSecret(
        f"there is no secret {which} that may be read; `afterclick vault list` names those there are, and"
        f" `afterclick vault set {name}` keeps a new one"
    )

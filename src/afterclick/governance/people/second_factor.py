"""The second factor: six digits from a telephone (TOTP, RFC 6238), and codes for the day that it is lost."""

import base64
import io
import secrets
from typing import Final, Literal

import segno
from pyotp.hotp import HOTP
from pyotp.totp import TOTP

from afterclick.governance.actor import Actor
from afterclick.governance.people.accounts import NotAllowed, Person, record
from afterclick.governance.people.secret import hashed
from afterclick.governance.vault.vault import Vault
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

STEP_MS: Final = 30_000
RECOVERY_CODES: Final = 10
_DRIFT: Final = (-1, 0, 1)
"""Steps by which the telephone's clock may differ from ours."""


def begin(tx: Tx, person: Person, vault: Vault) -> str:
    """A new secret for a person's telephone, kept sealed; it counts only once a code from it was given back.

    Raises:
        VaultError: the office key is not at hand.
    """
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    tx.run("UPDATE people SET factor_pending = ? WHERE id = ?", (vault.seal(tx, _owner(person), secret), person.id))
    return secret


def pending(tx: Tx, person: Person, vault: Vault) -> str:
    """The secret that waits for its first code; empty for none.

    Raises:
        VaultError: it cannot be read.
    """
    return _opened(tx, "factor_pending", person, vault)


def address_of(secret: str, person: Person, *, shop: str) -> str:
    """What the QR code says to the telephone: `otpauth://totp/…`."""
    return TOTP(secret).provisioning_uri(name=person.email, issuer_name=shop)


def picture(address: str) -> str:
    """The QR code as an SVG element, dark on light in either theme."""
    drawn = io.BytesIO()
    made = segno.make(address, error="m", micro=False)
    made.save(drawn, kind="svg", xmldecl=False, scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return drawn.getvalue().decode().strip()


def confirm(tx: Tx, person: Person, code: str, vault: Vault, *, now_ms: int) -> list[str] | None:
    """Turn the pending factor on, given a code from it; returns new recovery codes, or None where the code is wrong.

    Raises:
        VaultError: the secret cannot be read.
    """
    secret = pending(tx, person, vault)
    step = _step_of(secret, code, now_ms) if secret else None
    if step is None:
        return None
    tx.run("UPDATE people SET factor = factor_pending, factor_pending = '', factor_step = ? WHERE id = ?", (step, person.id))
    codes = _new_codes(tx, person)
    record(tx, person.actor_id, Event("people.second-factor", None, f"person/{person.handle}", "", "turned on"), now_ms=now_ms)
    return codes


def check(tx: Tx, person: Person, code: str, vault: Vault, *, now_ms: int) -> bool:
    """Whether that is a code of the telephone that was not used yet, or an unused recovery code; either is used up by this.

    Raises:
        VaultError: the secret of the telephone's codes cannot be read; recovery codes need none.
    """
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    if len(typed) == 6 and typed.isdecimal():
        secret = _opened(tx, "factor", person, vault)
        step = _step_of(secret, typed, now_ms) if secret else None
        # Compared and noted in one statement: of two requests with the same code only one is right.
        return step is not None and bool(
            tx.run("UPDATE people SET factor_step = ? WHERE id = ? AND factor_step < ?", (step, person.id, step))
        )
    used = tx.run(
        "UPDATE recovery_codes SET used_ms = ? WHERE person = ? AND hash = ? AND used_ms = 0",
        (now_ms, person.id, hashed(typed)),
    )
    if used:
        left = codes_left(tx, person)
        because = f"a recovery code was used, {left} are left"
        record(tx, person.actor_id, Event("people.second-factor", None, f"person/{person.handle}", "", because), now_ms=now_ms)
    return bool(used)


def codes_left(tx: Tx, person: Person) -> int:
    """How many recovery codes a person still has."""
    return tx.value("SELECT COUNT(*) FROM recovery_codes WHERE person = ? AND used_ms = 0", (person.id,))


def remove(tx: Tx, person: Person, *, by: Actor, now_ms: int) -> None:
    """Turn a person's second factor off: their own, or as an admin, when the telephone and the codes are lost.

    Raises:
        NotAllowed: `by` is neither.
    """
    if by.id != person.actor_id and not by.may("people.manage"):
        raise NotAllowed("a second factor is taken off by its person or by an admin")
    tx.run("UPDATE people SET factor = '', factor_pending = '' WHERE id = ?", (person.id,))
    tx.run("DELETE FROM recovery_codes WHERE person = ?", (person.id,))
    record(tx, by.id, Event("people.second-factor", None, f"person/{person.handle}", "", "turned off"), now_ms=now_ms)


def _opened(tx: Tx, column: Literal["factor", "factor_pending"], person: Person, vault: Vault) -> str:
    text = tx.value(f"SELECT {column} FROM people WHERE id = ?", (person.id,))  # noqa: S608  # one of two names
    return vault.unseal(_owner(person), text) if text else ""


def _owner(person: Person) -> str:
    """Whose secret it is, as its seal says."""
    return f"people/{person.handle}"


def _step_of(secret: str, code: str, now_ms: int) -> int | None:
    """The step whose code this is, near now; None for a wrong one."""
    counted = HOTP(secret)
    now = now_ms // STEP_MS
    fitting = [now + drift for drift in _DRIFT if secrets.compare_digest(counted.at(now + drift).encode(), code.strip().encode())]
    return fitting[0] if fitting else None


def _new_codes(tx: Tx, person: Person) -> list[str]:
    """Recovery codes of 80 random bits, shown once: `ABCD-EFGH-IJKL-MNOP`."""
    plain = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    tx.run("DELETE FROM recovery_codes WHERE person = ?", (person.id,))
    tx.run_many("INSERT INTO recovery_codes (person, hash) VALUES (?, ?)", [(person.id, hashed(code)) for code in plain])
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in plain]

"""Tokens for programs: shown once, limited in what they may do, and for how long."""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

import msgspec

from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import accounts
from afterclick.governance.people.accounts import NotAllowed, Person, record
from afterclick.governance.people.secret import fresh, hashed
from afterclick.governance.permissions import DESKS, OF_A_DESK, PERMISSIONS, Desk, Permission
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

PREFIX: Final = "ac_"
MOST_DAYS: Final = 366
USED_EVERY_MS: Final = 60_000
OF_A_BOT: Final[frozenset[Permission]] = frozenset({"orders.read", "stock.read", "supply.read"})
"""What a bot's token may hold, at the bot's own desk: it reads, and acts only through the door, which holds it to its card."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_COLUMNS: Final = "id, name, kind, bot, maker, made_by, permissions, desks, made_ms, ends_ms, used_ms, revoked_ms"


class NewToken(NamedTuple):
    """What to make. `bot` is the bot whose token it is, empty for a program's."""

    name: str
    permissions: Collection[Permission]
    desks: Collection[Desk] = DESKS
    days: int = 90
    bot: str = ""


class Token(msgspec.Struct, frozen=True):
    """A token as it is listed; `maker` is the person's number, 0 where it was made on the machine itself."""

    id: int
    name: str
    kind: str
    bot: str
    maker: int
    made_by: str
    permissions: tuple[Permission, ...]
    desks: tuple[Desk, ...]
    made_ms: int
    ends_ms: int
    used_ms: int
    revoked_ms: int

    def state(self, now_ms: int) -> str:
        """`active`, `revoked` or `expired`."""
        return "revoked" if self.revoked_ms else "expired" if now_ms >= self.ends_ms else "active"


def make(tx: Tx, new: NewToken, *, by: Actor, maker: Person | None, now_ms: int) -> str:
    """Make a token; returns its secret, which nobody can look up again. `maker` is None on the machine itself.

    Raises:
        NotAllowed: it would hold more than its maker, or cannot be so.
    """
    if by.only is not None:
        raise NotAllowed("a token makes no tokens: sign in, or use the machine")
    if not _NAME.fullmatch(new.name):
        raise NotAllowed("a token's name has small letters, digits, dots and dashes, such as warehouse-screen")
    if not 1 <= new.days <= MOST_DAYS:
        raise NotAllowed(f"a token lasts 1 to {MOST_DAYS} days")
    if tx.value("SELECT 1 FROM api_tokens WHERE name = ?", (new.name,)):
        raise NotAllowed(f"there is, or was, a token {new.name}: the log knows it by its name, so choose another")
    permissions: list[Permission] = [one for one in PERMISSIONS if one in new.permissions]
    desks: list[Desk] = [one for one in DESKS if one in (_desk_of(tx, new.bot) if new.bot else new.desks)]
    if not permissions:
        raise NotAllowed("a token needs at least one permission")
    _within(permissions, desks, by, bot=new.bot)
    secret = PREFIX + fresh()
    tx.run(
        "INSERT INTO api_tokens (name, hash, kind, bot, maker, made_by, permissions, desks, made_ms, ends_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.name, hashed(secret), "bot" if new.bot else "program", new.bot, maker.id if maker else 0, by.id,
            msgspec.json.encode(permissions).decode(), msgspec.json.encode(desks).decode(), now_ms,
            now_ms + new.days * 86_400_000,
        ),
    )  # fmt: skip
    facts = msgspec.json.encode({"permissions": permissions, "desks": desks, "bot": new.bot, "days": new.days}).decode()
    record(tx, by.id, Event("tokens.made", None, f"token/{new.name}", "", "", facts), now_ms=now_ms)
    return secret


def _within(permissions: Collection[Permission], desks: Collection[Desk], by: Actor, *, bot: str) -> None:
    too_much = [
        one
        for one in permissions
        if not (all(by.may(one, desk=desk) for desk in desks) if one in OF_A_DESK else by.may(one))
        or (bot and one not in OF_A_BOT)
    ]
    if too_much:
        whose = f"a bot's token: it may hold {', '.join(sorted(OF_A_BOT))}" if bot else "you: a token never holds more"
        raise NotAllowed(f"{', '.join(too_much)}: not within {whose}")
    if not desks and any(one in OF_A_DESK for one in permissions):
        raise NotAllowed("name at least one desk")


def _desk_of(tx: Tx, bot: str) -> list[Desk]:
    if not tx.value("SELECT 1 FROM bots WHERE id = ?", (bot,)):
        raise NotAllowed(f"there is no bot {bot}; `afterclick bots list` names them")
    desks: list[Desk] = [desk for desk in DESKS if desk == bot.partition(".")[0]]
    if not desks:
        raise NotAllowed(f"{bot} belongs to none of the desks {', '.join(DESKS)}, so there is nothing that its token could read")
    return desks


def recognise(tx: Tx, secret: str, *, now_ms: int) -> Actor | None:
    """Who sends that token: what it holds, within what its maker holds today. None for one that does not count."""
    if not secret.startswith(PREFIX):
        return None
    rows = tx.rows(f"SELECT {_COLUMNS} FROM api_tokens WHERE hash = ?", (hashed(secret),))  # noqa: S608
    token = _token(rows[0]) if rows else None
    if token is None or token.state(now_ms) != "active":
        return None
    if token.bot and tx.value("SELECT state FROM bots WHERE id = ?", (token.bot,)) != "active":
        return None
    maker = accounts.by_id(tx, token.maker) if token.maker else None
    if token.maker and (maker is None or maker.state != "active"):
        return None
    return _actor(tx, token, maker)


def _actor(tx: Tx, token: Token, maker: Person | None) -> Actor:
    desks = frozenset(token.desks)
    only = frozenset(token.permissions) & (OF_A_BOT if token.bot else frozenset(PERMISSIONS))
    if maker is None:
        return Actor(f"token:{token.name}", token.name, EVERYTHING, desks, only, also=frozenset({token.made_by}), bot=token.bot)
    also = frozenset({maker.actor_id, *(f"token:{name}" for name in names_of(tx, maker))})
    roles = frozenset(maker.roles)
    return Actor(f"token:{token.name}", token.name, roles, desks & maker.desks, only, also=also, bot=token.bot)


def use_is_due(tx: Tx, actor: Actor, *, now_ms: int) -> bool:
    """Whether it is time to note the use of a token again; each note is a write."""
    return now_ms - tx.value("SELECT used_ms FROM api_tokens WHERE name = ?", (_name_of(actor),)) >= USED_EVERY_MS


def used(tx: Tx, actor: Actor, *, now_ms: int) -> None:
    """Note when a token was last used."""
    tx.run("UPDATE api_tokens SET used_ms = ? WHERE name = ?", (now_ms, _name_of(actor)))


def _name_of(actor: Actor) -> str:
    return actor.id.removeprefix("token:")


def listed(tx: Tx, *, maker: int | None = None) -> list[Token]:
    """Tokens, the newest first: of one maker, or all."""
    sql = f"SELECT {_COLUMNS} FROM api_tokens"  # noqa: S608
    rows = (
        tx.rows(f"{sql} ORDER BY id DESC LIMIT 500")
        if maker is None
        else tx.rows(f"{sql} WHERE maker = ? ORDER BY id DESC LIMIT 500", (maker,))
    )
    return [_token(row) for row in rows]


def names_of(tx: Tx, person: Person) -> list[str]:
    """The names of every token that a person ever made."""
    return [name for (name,) in tx.rows("SELECT name FROM api_tokens WHERE maker = ?", (person.id,))]


def revoke(tx: Tx, name: str, *, by: Actor, now_ms: int) -> None:
    """End a token: its maker's own, or as an admin.

    Raises:
        NotAllowed: there is none of that name, or `by` is neither.
    """
    rows = tx.rows(f"SELECT {_COLUMNS} FROM api_tokens WHERE name = ?", (name,))  # noqa: S608
    if not rows or (_token(rows[0]).made_by != by.id and not by.may("people.manage")):
        raise NotAllowed(f"there is no token {name} that you may revoke")
    if tx.run("UPDATE api_tokens SET revoked_ms = ? WHERE name = ? AND revoked_ms = 0", (now_ms, name)):
        record(tx, by.id, Event("tokens.revoked", None, f"token/{name}"), now_ms=now_ms)


def _token(row: tuple[object, ...]) -> Token:
    fields = dict(zip(Token.__struct_fields__, row, strict=True))
    fields["permissions"] = [one for one in PERMISSIONS if one in msgspec.json.decode(str(fields["permissions"]))]
    fields["desks"] = [one for one in DESKS if one in msgspec.json.decode(str(fields["desks"]))]
    return msgspec.convert(fields, Token)

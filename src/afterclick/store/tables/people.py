"""People and programs: how they come in, what they are answered, whom we tell, and the secrets they lease."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from afterclick.store.tables.columns import clustered, flag, key, metadata, number, text, where

# People, and how they come in ------------------------------------------------------------------------------------------

people = Table(  # state: active, disabled; roles, desks are JSON lists; the factor's step is the last that was used
    "people", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("handle"), text("name"), text("email"), text("password"), text("roles"), text("desks"), flag("alone"),
    text("state"), number("made_ms"), number("seen_ms"), text("factor"), text("factor_pending"), number("factor_step"),
    text("issuer"), text("subject"),
    Index("people_handle", "handle", unique=True),
    Index("people_email", "email", unique=True),
    Index("people_subject", "issuer", "subject", unique=True, **where("subject <> ''")),
)  # fmt: skip
sessions = Table(  # who is signed in; the secret of the cookie is kept as its hash
    "sessions", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("hash"), number("person"), text("way"), text("device"), text("address"), number("began_ms"), number("seen_ms"),
    number("ends_ms"),
    Index("sessions_hash", "hash", unique=True),
    Index("sessions_person", "person"),
)  # fmt: skip
api_tokens = Table(  # kind: program, bot; maker 0: made on the machine itself; permissions, desks are JSON lists
    "api_tokens", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("name"), text("hash"), text("kind"), text("bot"), number("maker"), text("made_by"), text("permissions"),
    text("desks"), number("made_ms"), number("ends_ms"), number("used_ms"), number("revoked_ms"),
    Index("api_tokens_name", "name", unique=True),
    Index("api_tokens_hash", "hash", unique=True),
    Index("api_tokens_maker", "maker"),
)  # fmt: skip
sign_in_links = clustered(  # kind: set-up, password; kept as their hash, good for one use
    "sign_in_links",
    key("hash"), text("kind"), number("person"), text("made_by"), number("made_ms"), number("ends_ms"),
    number("used_ms"),
)  # fmt: skip
half_sign_ins = clustered(  # kind: code (the password was right), oidc (away at the provider); `facts` is JSON
    "half_sign_ins",
    key("hash"), text("kind"), number("person"), text("facts"), number("tries"), number("ends_ms"),
)  # fmt: skip
recovery_codes = clustered(
    "recovery_codes",
    key("person", BigInteger), key("hash"), number("used_ms"),
)  # fmt: skip
sign_in_throttles = clustered(  # failed attempts by account (hashed) and by address
    "sign_in_throttles",
    key("key"), number("failures"), number("last_ms"), number("until_ms"),
)  # fmt: skip

# The interface for programs, and whom we tell --------------------------------------------------------------------------

api_answers = clustered(  # what a change was answered, kept for a day under its Idempotency-Key; empty: secret or erased
    "api_answers",
    key("actor"), key("key"), text("request"), number("status"), text("answer"), number("at_ms"),
    Index("api_answers_age", "at_ms"),
)  # fmt: skip
subscriptions = Table(  # who is told of events; state: active, paused, ended; `events` is a JSON list, `secret` is sealed
    "subscriptions", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("url"), text("events"), text("secret"), text("state"), text("made_by"), number("made_ms"), number("since_block"),
)  # fmt: skip
tellings = Table(  # one event for one subscriber; state: waiting, told, dead
    "tellings", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("subscription"), number("block"), number("seq"), text("activity"), text("state"), number("tries"),
    number("tries_left"), number("next_ms"), number("status"), text("said"), number("added_ms"), number("done_ms"),
    Index("tellings_due", "next_ms", **where("state = 'waiting'")),
    Index("tellings_of", "subscription", "state", "id"),
    Index("tellings_event", "subscription", "block", "seq", unique=True),
    Index("tellings_done", "done_ms", **where("state <> 'waiting'")),
)  # fmt: skip

# The vault -------------------------------------------------------------------------------------------------------------

secrets = clustered(  # sealed, see governance/vault; state: current, retiring (readable before `until_ms`), ended (erased)
    "secrets",
    key("name"), key("version", Integer), text("wrapped"), text("sealed"), text("office_key"), text("state"),
    number("put_ms"), text("put_by"), number("until_ms"),
)  # fmt: skip

"""The versions of the policy, what was in force since when, and their replays."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from afterclick.store.tables.columns import clustered, key, metadata, number, row_id, text, where

policy_versions = Table(  # state: proposed, scheduled, shadow, canary, active, superseded, withdrawn; `starts_as` once it is due
    "policy_versions", metadata,
    row_id("number"), text("text"), text("digest"), text("proposed_by"), number("proposed_ms"), text("note"), text("state"),
    text("starts_as"), number("share"), number("activates_ms"), text("activated_by"), number("activated_ms"),
    text("because"),
    Index("policy_versions_due", "activates_ms", **where("state = 'scheduled'")),
)  # fmt: skip
policy_regimes = Table(  # what was in force since when: the active version, and beside it one on trial (how: shadow, canary)
    "policy_regimes", metadata,
    row_id(), number("at_ms"), number("active"), number("trial"), text("how"), number("share"), text("by"), text("because"),
)  # fmt: skip
policy_replays = Table(  # state: running, done, failed; `result` is JSON of governance.replays.Result; version 0: a file;
    # `card` is the digest of the one bot's card by whose rules it judged
    "policy_replays", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("version"), text("digest"), number("against"), number("days"), text("bot"), text("asked_by"),
    number("started_ms"), number("updated_ms"), number("finished_ms"), text("state"), number("judged"), number("total"),
    text("result"), text("card"),
    Index("policy_replays_version", "version", "id"),
)  # fmt: skip
policy_replay_cases = clustered(  # the cases that would have gone differently
    "policy_replay_cases",
    key("replay", BigInteger), key("no", Integer), number("order_id"), number("at_ms"), text("was"), text("would"),
    text("rule"), text("cause"), number("total"), text("currency"), text("because"), text("object"),
)  # fmt: skip

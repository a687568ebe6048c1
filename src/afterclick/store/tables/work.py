"""How work is done: the queue, batches, the inbox and the bots."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from afterclick.store.tables.columns import clustered, flag, key, metadata, number, row_id, text, where

queue = Table(  # groups of items waiting for a bot; `items` is a JSON list, `resume` where in the story they go on
    "queue", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("bot"), number("priority"), number("not_before_ms"), text("items"), number("size"), text("resume"),
    number("added_ms"),
    Index("queue_next", "bot", "priority", "id"),
)  # fmt: skip
batches = Table(  # `progress` is a JSON object: stage → the items that left there
    "batches", metadata,
    row_id(), text("bot"), text("version"), number("priority"), text("items"), text("resume"), text("progress"),
    text("executor"), number("started_ms"), number("finished_ms"), number("policy"),
    Index("batches_running", "id", **where("finished_ms = 0")),
    Index("batches_bot", "bot", "id"),
)  # fmt: skip
tasks = Table(  # the inbox; state: open, approved, edited, rejected, expired, withdrawn; `level`: how often it was escalated
    "tasks", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("bot"), text("stage"), text("item_kind"), number("item"), text("who"), text("because"), text("proposal"),
    text("facts"), text("state"), number("asked_ms"), number("expires_ms"), text("decided_by"), number("decided_ms"),
    text("note"), number("level"), number("told"), text("assignee"),
    Index("tasks_open", "expires_ms", "id", **where("state = 'open'")),
    Index("tasks_item", "item_kind", "item"),
    Index("tasks_decided", "decided_ms", **where("decided_ms > 0")),
)  # fmt: skip
questions = Table(  # what was asked back about a task; to_whom: customer, person:<name> or a team
    "questions", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("task"), text("asked_by"), number("asked_ms"), text("to_whom"), text("question"), text("answer"),
    text("answered_by"), number("answered_ms"), flag("sent"),
    Index("questions_task", "task"),
)  # fmt: skip
links = Table(  # one-time links, by the SHA-256 of their token; `unsent` is the token until its mail is out
    "links", metadata,
    key("hash"), text("purpose"), text("person"), text("address"), number("mail"), text("unsent"), number("made_ms"),
    number("expires_ms"), number("used_ms"),
    Index("links_unsent", "mail", **where("unsent <> ''")),
)  # fmt: skip
bots = Table(  # state: see governance.lifecycle; `digest`: of the card, `approved`: of the approved one
    "bots", metadata,
    key("id"), text("version"), text("owner"), text("card"), text("state"), text("mode"), number("registered_ms"),
    number("last_run_ms"), number("next_due_ms"), text("digest"), text("approved"), text("proposed_by"), text("because"),
    number("since_ms"), number("expires_ms"),
)  # fmt: skip
bot_versions = clustered(  # every card that a bot ever had, and who approved it
    "bot_versions",
    key("bot"), key("digest"), text("version"), text("card"), number("seen_ms"), text("approved_by"),
    number("approved_ms"), text("because"),
)  # fmt: skip
daily_figures = clustered(  # how often something happened on a day (days since 1970, UTC); see governance.figures
    "daily_figures",
    key("day", BigInteger), key("actor"), key("version"), key("activity"), key("verdict"), number("count"),
)  # fmt: skip
daily_work = clustered(  # what a bot's work on a day took; `reworked`: amendments by people after the bot was through
    "daily_work",
    key("day", BigInteger), key("actor"), key("version"), number("blocks"), number("duration_us"), number("reworked"),
)  # fmt: skip

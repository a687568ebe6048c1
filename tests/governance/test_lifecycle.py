"""The life of a bot: which steps follow which, who may take them, and what ends its work by itself."""

from collections.abc import Iterator

import msgspec
import pytest

from afterclick.governance import lifecycle
from afterclick.governance.actor import Actor
from afterclick.governance.cards import Card, digest_of, widened, written
from afterclick.governance.lifecycle import STEPS, NoSuchBot, NotAllowed, NotPossible, State, Verb
from afterclick.governance.permissions import ROLES, Role
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

CARD = Card(
    "a.bot",
    "Does things",
    "us",
    "thing",
    (),
    {"bank": frozenset({"pay"})},
    purpose="So that",
    handles=frozenset({"payment"}),
    takes={"bank.pay": "orders.change"},
)
STATES: tuple[State, ...] = ("draft", "tested", "approved", "active", "paused", "retired")


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as made:
        yield made
    database.dispose()


def person(*roles: Role, name: str = "anna", alone: bool = False) -> Actor:
    return Actor(f"person:{name}", name, frozenset(roles), alone=alone)


def put(tx: Tx, state: State = "draft", card: Card = CARD, *, proposed_by: str = "person:zoe") -> None:
    tx.run(
        "INSERT INTO bots (id, version, owner, card, state, mode, digest, proposed_by, expires_ms)"
        " VALUES (?, '1', ?, ?, ?, 'live', ?, ?, ?)",
        (card.id, card.owner, written(card), state, digest_of(card), proposed_by, lifecycle.ends_ms(card)),
    )
    tx.run("INSERT INTO bot_versions (bot, digest, card) VALUES (?, ?, ?)", (card.id, digest_of(card), written(card)))


def state(tx: Tx) -> str:
    return tx.value("SELECT state FROM bots")


def events(tx: Tx) -> list[tuple[str, ...]]:
    return tx.rows(
        "SELECT b.actor, e.activity, e.verdict, e.because FROM events e JOIN blocks b ON b.number = e.block ORDER BY b.number"
    )


@pytest.mark.parametrize("verb", list(STEPS))
@pytest.mark.parametrize("before", STATES)
def test_a_step_is_taken_from_its_states_only(tx: Tx, verb: Verb, before: State) -> None:
    put(tx, before)
    boss = person(*ROLES, alone=True)
    if before in STEPS[verb].takes:
        assert lifecycle.take(tx, CARD.id, verb, who=boss, now_ms=5) == STEPS[verb].to == state(tx)
    else:
        with pytest.raises(NotPossible, match=f"a.bot is {before}; to {verb} it, it must be"):
            lifecycle.take(tx, CARD.id, verb, who=boss, now_ms=5)
        assert (state(tx), events(tx)) == (before, [])


@pytest.mark.parametrize("verb", list(STEPS))
@pytest.mark.parametrize("role", ROLES)
def test_a_step_needs_its_permission(tx: Tx, verb: Verb, role: Role) -> None:
    put(tx, STEPS[verb].takes[0])
    who = person(role)
    if who.may(STEPS[verb].needs):
        assert lifecycle.take(tx, CARD.id, verb, who=who, now_ms=5) == STEPS[verb].to
    else:
        with pytest.raises(NotAllowed, match=f"needs the permission {STEPS[verb].needs}"):
            lifecycle.take(tx, CARD.id, verb, who=who, now_ms=5)


def test_nobody_approves_what_they_proposed_unless_they_run_the_shop_alone(tx: Tx) -> None:
    put(tx, "retired")
    zoe = person("architect", "approver", name="zoe")
    lifecycle.take(tx, CARD.id, "propose", who=zoe, now_ms=1)
    lifecycle.take(tx, CARD.id, "test", who=zoe, now_ms=2)
    with pytest.raises(NotAllowed, match="person:zoe proposed"):
        lifecycle.take(tx, CARD.id, "approve", who=zoe, now_ms=3)
    alone = msgspec.structs.replace(zoe, alone=True)
    lifecycle.take(tx, CARD.id, "approve", who=alone, because="all mine", now_ms=4)
    facts = msgspec.json.decode(tx.value("SELECT facts FROM events WHERE activity = 'bot.approved'"))
    assert facts["digest"] == digest_of(CARD)
    assert "alone" in facts["alone"]
    assert tx.rows("SELECT approved_by, because FROM bot_versions") == [("person:zoe", "all mine")]
    assert tx.value("SELECT approved FROM bots") == digest_of(CARD)


def test_a_whole_life_is_signed_in_the_log(tx: Tx) -> None:
    put(tx)
    for verb in ("test", "approve", "activate", "pause", "resume", "retire", "propose"):
        lifecycle.take(tx, CARD.id, verb, who=person(*ROLES), because=f"{verb} it", now_ms=5)
    assert events(tx)[0] == ("person:anna", "bot.tested", "tested", "test it")
    assert [one[1] for one in events(tx)] == [
        "bot.tested", "bot.approved", "bot.activated", "bot.paused", "bot.resumed", "bot.retired", "bot.proposed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"owner": ""}, "nobody owns it"),
        ({"purpose": ""}, "does not say what it does and why it exists"),
        ({"handles": frozenset()}, "with which classes of data"),
        ({"expires": "2020-01-01"}, "it expired on 2020-01-01"),
        ({"expires": "soon"}, "expires on 'soon', which is no date"),
        ({"takes": {}}, "nobody says what bank.pay takes: name a permission for it on the card"),
    ],
)
def test_a_card_that_is_not_whole_passes_no_test(tx: Tx, change: dict[str, object], said: str) -> None:
    put(tx, card=msgspec.structs.replace(CARD, **change))
    with pytest.raises(NotPossible, match=said):
        lifecycle.take(tx, CARD.id, "test", who=person(*ROLES), now_ms=1_795_132_800_000)


def test_an_ownerless_or_expired_bot_suspends_itself_and_says_why(tx: Tx) -> None:
    put(tx, "active")
    assert lifecycle.suspend(tx, now_ms=1) == []
    tx.run("INSERT INTO people (handle, email, state) VALUES ('bob', 'b', 'active')")
    lifecycle.set_owner(tx, CARD.id, "person:bob", who=person("architect"), now_ms=1)
    assert lifecycle.suspend(tx, now_ms=2) == []
    tx.run("UPDATE people SET state = 'disabled'")
    assert lifecycle.suspend(tx, now_ms=3) == [CARD.id]
    assert lifecycle.suspend(tx, now_ms=4) == []
    because = "its owner person:bob may not come in any more; name another with `afterclick bots own`"
    assert events(tx)[-1] == ("a.bot", "bot.paused", "paused", because)
    with pytest.raises(NotPossible, match="person:bob may not come in"):
        lifecycle.take(tx, CARD.id, "resume", who=person("operator"), now_ms=5)
    lifecycle.set_owner(tx, CARD.id, "operations", who=person("architect"), now_ms=6)
    lifecycle.take(tx, CARD.id, "resume", who=person("operator"), now_ms=7)
    tx.run("UPDATE bots SET expires_ms = 10")
    assert lifecycle.suspend(tx, now_ms=9) == []
    assert lifecycle.suspend(tx, now_ms=10) == [CARD.id]


@pytest.mark.parametrize("team", ["operations", "procurement", "approver", "us", "buyers-of-berlin", "night shift"])
def test_a_team_that_the_office_the_cards_or_the_rules_know_may_own_a_bot(tx: Tx, team: str) -> None:
    rule = (
        '[[rules]]\nname = "late"\nwhen = "total > 9"\nthen = "ask"\nwho = "night shift"\nbecause = "late"\n'
        'owner = "buyers-of-berlin"\n'
    )
    tx.run("INSERT INTO policy_versions (number, text, state) VALUES (1, ?, 'active')", (rule,))
    put(tx, "active")
    lifecycle.set_owner(tx, CARD.id, team, who=person("architect"), now_ms=1)
    assert lifecycle.lapsed(tx, now_ms=2) == {}


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("person:ghost", "its owner person:ghost is nobody whom the office knows"),
        ("person:", "is nobody whom the office knows"),
        ("no such team whatever", "the office knows no team 'no such team whatever'"),
        ("Person:bob", "the office knows no team 'Person:bob'"),
    ],
)
def test_an_owner_who_does_not_exist_is_refused_and_a_bot_that_has_one_suspends_itself(tx: Tx, owner: str, said: str) -> None:
    tx.run("INSERT INTO people (handle, email, state) VALUES ('bob', 'b', 'active')")
    put(tx, "active")
    with pytest.raises(NotPossible, match=said):
        lifecycle.set_owner(tx, CARD.id, owner, who=person("architect"), now_ms=1)
    assert lifecycle.suspend(tx, now_ms=2) == []
    tx.run("UPDATE bots SET owner = ?", (owner,))
    assert said in lifecycle.lapsed(tx, now_ms=3)[CARD.id]
    assert lifecycle.suspend(tx, now_ms=3) == [CARD.id]
    with pytest.raises(NotPossible, match="cannot be active"):
        lifecycle.take(tx, CARD.id, "resume", who=person("operator"), now_ms=4)


def test_whoever_owns_a_bot_does_not_approve_it_unless_they_run_the_shop_alone(tx: Tx) -> None:
    tx.run("INSERT INTO people (handle, email, state) VALUES ('anna', 'a', 'active')")
    put(tx, "tested")
    lifecycle.set_owner(tx, CARD.id, "person:anna", who=person("architect", name="zoe"), now_ms=1)
    anna, token = person("approver"), Actor("token:t", "t", frozenset({"approver"}), also=frozenset({"person:anna"}))
    for who in (anna, token):
        with pytest.raises(NotAllowed, match=r"person:anna owns a\.bot; somebody else has to approve it"):
            lifecycle.take(tx, CARD.id, "approve", who=who, now_ms=2)
    assert state(tx) == "tested"
    lifecycle.take(tx, CARD.id, "approve", who=msgspec.structs.replace(anna, alone=True), now_ms=3)
    facts = msgspec.json.decode(tx.value("SELECT facts FROM events WHERE activity = 'bot.approved'"))
    assert facts["alone"] == "no second person: the shop is run alone"


def test_a_mode_an_owner_and_a_bot_that_do_not_exist_are_refused(tx: Tx) -> None:
    put(tx, "active")
    with pytest.raises(NotPossible, match="no mode 'wild'; choose one of live, shadow, dry-run"):
        lifecycle.set_mode(tx, CARD.id, "wild", who=person("operator"), now_ms=1)
    with pytest.raises(NotPossible, match="cannot belong to ' '"):
        lifecycle.set_owner(tx, CARD.id, " ", who=person("architect"), now_ms=1)
    with pytest.raises(NoSuchBot, match="there is no bot nobody"):
        lifecycle.take(tx, "nobody", "pause", who=person("operator"), now_ms=1)
    with pytest.raises(NotAllowed):
        lifecycle.set_mode(tx, CARD.id, "shadow", who=person("viewer"), now_ms=1)
    lifecycle.set_mode(tx, CARD.id, "shadow", who=person("operator"), because="try", now_ms=1)
    assert events(tx) == [("person:anna", "bot.mode", "shadow", "try")]


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({}, []),
        ({"does": "Does things well", "version": "2", "batch_size": 1, "replaces": None}, []),
        ({"may": {}}, []),
        ({"expires": "2030-01-01"}, []),
        ({"may": {"bank": frozenset({"pay", "refund"})}}, ["may do bank.refund"]),
        ({"secrets": frozenset({"key"})}, ["may lease the secret key"]),
        ({"handles": frozenset({"payment", "personal"})}, ["works with personal data"]),
        ({"limits": "none at all"}, ["has other limits: none at all"]),
    ],
)
def test_what_a_card_may_do_more_than_the_approved_one_is_named(change: dict[str, object], more: list[str]) -> None:
    assert widened(msgspec.structs.replace(CARD, **change), CARD) == more


def test_a_longer_life_is_more_and_without_an_approved_card_everything_is() -> None:
    short = msgspec.structs.replace(CARD, expires="2027-01-01")
    assert widened(msgspec.structs.replace(CARD, expires="2028-01-01"), short) == ["works until 2028-01-01 instead of 2027-01-01"]
    assert widened(CARD, short) == ["works until it is stopped instead of 2027-01-01"]
    assert widened(CARD, None) == ["may do bank.pay"]


def test_a_digest_is_the_same_in_whatever_order_a_set_lies() -> None:
    one, other = (msgspec.structs.replace(CARD, may={"bank": frozenset(acts)}) for acts in (("a", "b", "c"), ("c", "b", "a")))
    assert digest_of(one) == digest_of(other) != digest_of(CARD)


BOTH: Card = msgspec.structs.replace(CARD, may={"vendors": frozenset({"order"}), "web": frozenset({"fetch"})})


def test_a_card_holds_what_its_acts_take_of_the_one_table() -> None:
    assert BOTH.permissions == {"supply.approve", "supply.change"}
    assert CARD.permissions == {"orders.change"}, "a system of the shop's own"
    assert msgspec.structs.replace(CARD, may={"mailbox": frozenset({"send"})}).permissions == frozenset()


@pytest.mark.parametrize(("verb", "before"), [("test", "draft"), ("approve", "tested")])
def test_duties_that_are_kept_apart_are_not_brought_together_by_a_bot_either(tx: Tx, verb: Verb, before: State) -> None:
    put(tx, before, BOTH)
    said = "it would hold both supply.change and supply.approve, but who keeps vendors and prices does not approve"
    with pytest.raises(NotPossible, match=said):
        lifecycle.take(tx, CARD.id, verb, who=person(*ROLES), now_ms=5)


def test_whoever_approved_a_card_does_not_become_its_owner(tx: Tx) -> None:
    tx.run("INSERT INTO people (handle, email, state) VALUES ('anna', 'a', 'active')")
    put(tx, "tested")
    lifecycle.take(tx, CARD.id, "approve", who=person("approver"), now_ms=1)
    with pytest.raises(NotPossible, match="cannot belong to 'person:anna': person:anna approved its card"):
        lifecycle.set_owner(tx, CARD.id, "person:anna", who=person("architect", name="zoe"), now_ms=2)
    lifecycle.set_owner(tx, CARD.id, "person:anna", who=person("architect", name="zoe", alone=True), now_ms=3)

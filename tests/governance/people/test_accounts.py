"""People, roles, tokens and throttles below the pages: what is refused, and what the log says of it."""

from collections.abc import Iterator

import pytest

from afterclick.governance.actor import ALONE, EVERYTHING, Actor
from afterclick.governance.people import accounts, throttle, tokens
from afterclick.governance.people.accounts import NewPerson, NotAllowed, Person
from afterclick.governance.people.passwords import WeakPassword, demand_strong
from afterclick.governance.people.tokens import NewToken
from afterclick.governance.permissions import DESKS, PERMISSIONS, ROLES, SEGREGATION, Role, conflicts, permitted
from afterclick.store.database import Database
from afterclick.store.tables import metadata

NOW_MS = 1_795_132_800_000
OWNER = Actor("person:machine", "machine", EVERYTHING, alone=True)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


def person(database: Database, name: str, *roles: Role) -> Person:
    with database.transaction() as tx:
        return accounts.add(tx, NewPerson(name, f"{name}@x.example", roles), by=OWNER, now_ms=NOW_MS)


def change(database: Database, one: Person, *roles: Role, by: Actor = OWNER, alone: bool | None = None) -> Person:
    with database.transaction() as tx:
        return accounts.change_roles(tx, one.id, roles, DESKS, by=by, now_ms=NOW_MS, alone=alone)


def token(database: Database, name: str, *may: str, by: Actor = OWNER, maker: Person | None = None, bot: str = "") -> str:
    with database.transaction() as tx:
        return tokens.make(tx, NewToken(name, may, bot=bot), by=by, maker=maker, now_ms=NOW_MS)  # pyright: ignore[reportArgumentType]


def recognised(database: Database, secret: str, now_ms: int = NOW_MS) -> Actor | None:
    with database.reading() as tx:
        return tokens.recognise(tx, secret, now_ms=now_ms)


@pytest.mark.parametrize(("one", "other"), [(a, b) for a in ROLES for b in ROLES if conflicts(permitted((a, b)))])
def test_every_pair_of_roles_that_breaks_the_matrix_is_refused_unless_alone(database: Database, one: Role, other: Role) -> None:
    held = permitted((one, other))
    (pair, *_) = [found for found in SEGREGATION if found.one in held and found.other in held]
    anna = person(database, "anna", "viewer")
    with pytest.raises(NotAllowed, match=pair.because):
        change(database, anna, one, other)
    with pytest.raises(NotAllowed, match=pair.because):
        person(database, "bob", one, other)
    assert set(change(database, anna, one, other, alone=True).roles) == {one, other}
    with pytest.raises(NotAllowed, match=pair.because):
        change(database, anna, one, other, alone=False)


def test_no_single_role_breaks_the_matrix() -> None:
    assert [role for role in ROLES if conflicts(permitted((role,)))] == []


def test_every_change_is_in_the_log_signed_by_who_did_it(database: Database) -> None:
    root = person(database, "root", "admin")
    anna = person(database, "anna", "viewer")
    by = accounts.as_actor(root)
    change(database, anna, "operator", by=by)
    with database.transaction() as tx:
        accounts.disable(tx, anna.id, by=by, now_ms=NOW_MS)
        accounts.enable(tx, anna.id, by=by, now_ms=NOW_MS)
    with database.reading() as tx:
        said = tx.rows(
            "SELECT b.actor, e.activity, e.object, e.facts FROM events e JOIN blocks b ON b.number = e.block ORDER BY block"
        )
    assert [row[:3] for row in said[2:]] == [
        ("person:root", activity, "person/anna") for activity in ("people.roles", "people.disabled", "people.enabled")
    ]
    assert '"operator"' in said[2][3]
    assert "example" not in repr(said), "addresses of people are none of the log's business"


def test_only_who_manages_people_changes_them(database: Database) -> None:
    anna, bob = person(database, "anna", "viewer"), person(database, "bob", "operator")
    with pytest.raises(NotAllowed, match=r"people\.manage"):
        change(database, anna, "admin", by=accounts.as_actor(bob))
    with pytest.raises(NotAllowed, match="own roles"):
        change(database, root := person(database, "root", "admin"), "admin", "operator", by=accounts.as_actor(root))


def test_who_runs_the_shop_alone_changes_even_their_own_roles_and_the_log_marks_it(database: Database) -> None:
    with database.transaction() as tx:
        anna = accounts.add_first(tx, "Anna", "anna@x.example", alone=True, now_ms=NOW_MS)
    assert set(anna.roles) == set(ROLES)
    assert change(database, anna, "admin", by=accounts.as_actor(anna)).roles == ("admin",)
    with database.reading() as tx:
        assert tx.value("SELECT because FROM events WHERE activity = 'people.roles'") == ALONE
    admin, bob = person(database, "bea", "admin"), person(database, "bob", "viewer")
    with database.transaction() as tx:
        accounts.disable(tx, anna.id, by=accounts.as_actor(anna), now_ms=NOW_MS)
        accounts.disable(tx, bob.id, by=accounts.as_actor(admin), now_ms=NOW_MS)
        shut_out = tx.rows("SELECT object, because FROM events WHERE activity = 'people.disabled' ORDER BY block")
    assert shut_out == [("person/anna", ALONE), ("person/bob", "")]


def test_names_in_the_log_are_readable_and_never_given_twice(database: Database) -> None:
    handles = [person_of(database, name) for name in ("Anna Müller", "anna mueller", "Anna  Muller", "李雷", "***")]
    assert handles == ["anna-muller", "anna-mueller", "anna-muller-2", "person", "person-2"]


def person_of(database: Database, name: str) -> str:
    with database.transaction() as tx:
        count = tx.value("SELECT COUNT(*) FROM people")
        return accounts.add(tx, NewPerson(name, f"p{count}@x.example", ["viewer"]), by=OWNER, now_ms=NOW_MS).handle


def test_nobody_approves_what_they_or_their_token_proposed(database: Database) -> None:
    anna, bob = person(database, "anna", "approver"), person(database, "bob", "approver")
    program = recognised(database, token(database, "ci", "bots.approve", by=accounts.as_actor(anna), maker=anna))
    assert program is not None
    with database.reading() as tx:
        anna_now = accounts.as_actor(anna, tokens=tokens.names_of(tx, anna))
    assert not anna_now.may_second("token:ci")
    assert not program.may_second("person:anna")
    assert not program.may_second("token:ci")
    assert accounts.as_actor(bob).may_second("token:ci")
    assert (OWNER.alone_in("person:machine"), OWNER.alone_in("person:anna")) == (ALONE, "")


def test_a_token_never_holds_more_than_its_maker_not_even_later(database: Database) -> None:
    anna = person(database, "anna", "operator")
    with pytest.raises(NotAllowed, match=r"people\.manage: not within you"):
        token(database, "a", "people.manage", by=accounts.as_actor(anna), maker=anna)
    secret = token(database, "b", "orders.change", "orders.read", by=accounts.as_actor(anna), maker=anna)
    found = recognised(database, secret)
    assert found is not None
    assert (found.may("orders.change"), found.may("stock.change"), found.alone) == (True, False, False)
    change(database, anna, "viewer")
    found = recognised(database, secret)
    assert found is not None
    assert (found.may("orders.change"), found.may("orders.read")) == (False, True)
    with pytest.raises(NotAllowed, match="makes no tokens"):
        token(database, "c", "orders.read", by=found)


def test_a_bots_token_reads_at_its_desk_while_the_bot_is_active(database: Database) -> None:
    with database.transaction() as tx:
        tx.run("INSERT INTO bots (id, state) VALUES ('orders.fulfil', 'active'), ('webhooks.tell', 'active')")
    with pytest.raises(NotAllowed, match=r"webhooks\.tell belongs to none of the desks"):
        token(database, "a", "orders.read", bot="webhooks.tell")
    with pytest.raises(NotAllowed, match="a bot's token"):
        token(database, "a", "orders.decide", bot="orders.fulfil")
    for more in ("bots.read", "policy.read", "audit.read"):
        with pytest.raises(NotAllowed, match=r"it may hold orders\.read, stock\.read"):
            token(database, "a", "orders.read", more, bot="orders.fulfil")
    with pytest.raises(NotAllowed, match="there is no bot"):
        token(database, "a", "orders.read", bot="orders.ghost")
    secret = token(database, "a", "orders.read", "stock.read", bot="orders.fulfil")
    found = recognised(database, secret)
    assert found is not None
    assert (found.bot, found.desks, found.may("orders.read", desk="orders")) == ("orders.fulfil", frozenset({"orders"}), True)
    assert not found.may("stock.read", desk="inventory")
    with database.transaction() as tx:
        tx.run('UPDATE api_tokens SET permissions = \'["orders.read","orders.change","people.manage"]\'')
    found = recognised(database, secret)
    assert found is not None
    assert [one for one in PERMISSIONS if found.may(one)] == ["orders.read"], "whatever its row says"
    with database.transaction() as tx:
        tx.run("UPDATE bots SET state = 'retired'")
    assert recognised(database, secret) is None


@pytest.mark.parametrize("name", ["", "Big", "a b", "-a", "a/b", "a" * 61, "<b>"])
def test_a_token_has_a_plain_name_a_permission_and_an_end(database: Database, name: str) -> None:
    with pytest.raises(NotAllowed, match="name"):
        token(database, name, "orders.read")
    with pytest.raises(NotAllowed, match="at least one permission"):
        token(database, "a")
    secret = token(database, "a", "orders.read")
    assert recognised(database, secret, NOW_MS + 90 * 86_400_000 - 1) is not None
    assert recognised(database, secret, NOW_MS + 90 * 86_400_000) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("10.0.0.1", "10.0.0.2", False), ("::ffff:10.0.0.1", "10.0.0.1", True), ("2001:db8::1", "2001:db8::ffff:1", True),
     ("2001:db8::1", "2001:db8:0:1::1", False), ("testclient", "testclient", True)],
)  # fmt: skip
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (throttle.address(one) == throttle.address(other)) is same


@pytest.mark.parametrize("password", ["correct horse battery", "ünïcödé pässwörd", "            x y z a b c", "a1" * 6 + "bcd"])
def test_length_is_what_counts_in_a_password(password: str) -> None:
    assert demand_strong(password, name="Anna", email="anna@shop.example") is None


@pytest.mark.parametrize(
    "password", ["Tr0ub4dor&3", "anna@shop.example", "ANNA@shop.example1", "qwertyuiop12", "111111111111", "x" * 201]
)
def test_short_common_and_own_names_are_no_passwords(password: str) -> None:
    with pytest.raises(WeakPassword):
        demand_strong(password, name="Anna", email="anna@shop.example")

"""Every command asks the one table of permissions, or is known to need none; a token is held to it."""

from collections.abc import Iterator
from typing import Any, Final, get_args

import pytest
import typer
from typer.testing import CliRunner

from afterclick.app import Office
from afterclick.cli.main import LATER, _loaded, app
from afterclick.cli.output import TOKEN
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import tokens
from afterclick.governance.people.tokens import NewToken
from afterclick.governance.permissions import DESKS, GRANTS, PERMISSIONS, Desk, Permission

OWNER: Final = Actor("machine:owner", "owner", EVERYTHING, alone=True)
FREE: Final = {
    "init", "demo", "bench orders",  # make an office of their own
    "run", "worker", "serve", "sensors listen",  # are the office: bots work by their cards, and whoever comes in is asked there
    "mcp",  # acts as its token throughout
    "check", "config check",  # say whether all is well, and nothing about anybody
    "policy check", "policy schema", "forecast", "replenish simulate", "scout read",  # read a file or a page, and no office
}  # fmt: skip
NEEDS: Final[dict[str, tuple[str, ...]]] = {  # command → the permissions of which one is needed, by the words that are typed
    "orders.read": (
        "orders list", "order show A-1", "inbox list", "inbox show 1", "invoice INV-1", "policy explain A-1", "status",
    ),
    "orders.change": (
        "orders import FILE", "order cancel A-1", "order cancel A-1 --yes", "order hold A-1", "order release A-1",
        "order change-address A-1 --city X", "order change-quantity A-1 1 2", "order split A-1 1", "inbox edit 1 --set city=X",
    ),
    "orders.decide": (
        "inbox approve 1", "inbox reject 1", "inbox edit 1 --set city=X", "inbox ask 1 Why? --to customer", "inbox answer 1 So",
        "inbox reassign 1 --to team", "inbox note 1 text", "inbox bulk approve", "inbox bulk approve --yes",
    ),
    "stock.read": ("warehouses list", "stock show X", "stock explain X", "counts list", "counts sheet FILE", "sensors list"),
    "stock.change": (
        "warehouses set W", "stock open", "stock import FILE", "stock count FILE", "counts propose", "counts enter FILE",
        "sensors add gate --kind gate --warehouse W", "sensors retire gate", "sensors codes FILE", "sensors import FILE",
    ),
    "stock.change or supply.change": ("purchase receive PO-1 --all",),
    "supply.read": (
        "replenish plan", "replenish explain X", "purchase list", "purchase show PO-1", "purchase document PO-1", "vendors list",
        "vendors show V", "scout list", "scout readings", "sales show", "transfer list", "transfer show TO-1",
    ),
    "supply.change": (
        "replenish plan --buy", "replenish plan --forecast", "purchase propose X 5 --warehouse W", "purchase cancel PO-1 --yes",
        "vendors import FILE", "vendors prices V FILE", "vendors disallow V --because x",
        "scout add https://x.example --of V --sku X", "scout remove 1", "scout accept 1 --because x", "scout run",
        "sales import FILE", "transfer end TO-1 --because x",
    ),
    "supply.approve": (
        "purchase approve PO-1", "purchase reject PO-1", "purchase go --because x", "vendors allow V --because x",
    ),
    "supply.change or supply.approve": ("purchase stop --because x",),
    "bots.read": ("bots list", "bots show orders.fulfil", "bots sprawl", "bots roi"),
    "bots.operate or bots.approve": ("bots replay a.b",),
    "bots.operate": ("bots activate a.b", "bots pause a.b", "bots resume a.b", "bots mode a.b live"),
    "bots.propose": ("bots propose a.b", "bots test a.b", "bots own a.b team"),
    "bots.approve": ("bots approve a.b", "bots retire a.b"),
    "policy.read": ("policy show", "policy diff 1 1", "policy explain A-1", "policy versions"),
    "policy.propose": ("policy propose",),
    "policy.activate": ("policy activate 1", "policy rollback"),
    "policy.propose or policy.activate": ("policy replay", "policy withdraw 1"),
    "integrations.read": ("webhooks list", "webhooks tellings 1"),
    "webhooks.manage": (
        "webhooks add https://x.example -e shipped", "webhooks pause 1", "webhooks resume 1", "webhooks end 1",
        "webhooks replay 1 --hours 1",
    ),
    "settings.read": ("config show",),
    "settings.manage": ("config set shop.name X",),
    "audit.read": ("audit verify", "audit search"),
    "audit.export": ("audit anchor", "audit export FILE"),
    "audit.erase": ("audit erase --customer C --because x", "audit erase --customer C --because x --yes"),
    "people.read": ("people list", "token list"),
    "people.manage": (
        "people add X x@x.example -r viewer", "people roles x -r viewer", "people link x", "people disable x", "people enable x",
        "token revoke x",
    ),
    "vault.manage": (
        "vault set x", "vault rotate x", "vault revoke x", "vault revoke x --yes", "vault list", "vault rekey",
        "vault lease x --to orders.fulfil --for x",
    ),
}  # fmt: skip
NEVER: Final = ("token add more --may orders.read",)
"""What no token may do, whatever it holds."""
ASKS: Final = [(needed, words) for needed, commands in NEEDS.items() for words in commands]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with a file of orders in its folder."""
    folder = tmp_path_factory.mktemp("permitted") / "office"
    Office.create(folder, {})
    header = "order,sku,quantity,unit price,date,warehouse"
    (folder / "orders.csv").write_text(f"{header}\nA-1,X,1,5.00,2026-11-20 08:00,W\n", encoding="utf-8")
    opened = Office.open(folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def secrets(office: Office) -> dict[str, str]:
    """Tokens: a viewer's, one for each permission that holds all others, and one that is of the other desk."""
    kinds: dict[str, tuple[frozenset[Permission], tuple[Desk, ...]]] = {"viewer": (GRANTS["viewer"], DESKS)}
    kinds |= {one: (frozenset(PERMISSIONS) - set(one.split(" or ")), DESKS) for one in NEEDS}  # pyright: ignore[reportAssignmentType]
    kinds |= {desk: (frozenset(PERMISSIONS), (desk,)) for desk in get_args(Desk)}
    with office.database.transaction() as tx:
        return {
            name: tokens.make(tx, NewToken(f"t{number}", may, desks), by=OWNER, maker=None, now_ms=office.clock.now_ms())
            for number, (name, (may, desks)) in enumerate(kinds.items())
        }


def walked(command: Any, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command as it is typed, also of the groups that are loaded late."""
    below: dict[str, Any] = dict(getattr(command, "commands", {}))
    if not words:
        below |= {name: _loaded(module, what) for name, (module, what, _) in LATER.items()}
    if not below:
        yield " ".join(words)
    for name, one in below.items():
        yield from walked(one, (*words, name))


def called(office: Office, secret: str, words: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(TOKEN, secret)
    named = [str(office.folder / "orders.csv") if word == "FILE" else word for word in words.split()]
    return CliRunner().invoke(app, [*named, "--office", str(office.folder)], input="a secret value\n")


def test_every_command_needs_a_permission_or_is_known_to_need_none() -> None:
    every = set(walked(typer.main.get_command(app)))
    typed = [words for _, words in ASKS] + list(NEVER)
    listed = {next(one for one in every if f"{words} ".startswith(f"{one} ")) for words in typed}
    assert every - listed == FREE
    assert not listed & FREE


@pytest.mark.parametrize(("needed", "words"), ASKS)
def test_a_token_without_the_permission_is_refused(
    office: Office, secrets: dict[str, str], needed: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _state(office)
    for holder in {needed} if needed in GRANTS["viewer"] else {needed, "viewer"}:
        ran = called(office, secrets[holder], words, monkeypatch)
        assert (ran.exit_code, ran.stdout) == (1, ""), ran.output
        assert ran.stderr.startswith("this needs the permission "), ran.stderr
        assert needed in ran.stderr or holder == "viewer"
    assert _state(office) == before


@pytest.mark.parametrize("words", NEVER)
def test_what_no_token_may_is_refused_to_the_most_powerful(
    office: Office, secrets: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = called(office, secrets["orders"], words, monkeypatch)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "a token makes no tokens" in ran.stderr


@pytest.mark.parametrize(
    ("desk", "words"), [("orders", "stock show X"), ("inventory", "orders list"), ("inventory", "order hold A")]
)
def test_a_token_of_one_desk_is_refused_at_the_other(
    office: Office, secrets: dict[str, str], desk: Desk, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = called(office, secrets[desk], words, monkeypatch)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "this needs the permission" in ran.stderr


def test_what_a_token_does_is_signed_with_its_name(
    office: Office, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = called(office, secrets["audit.erase"], "orders import FILE", monkeypatch)
    assert ran.exit_code == 0, ran.output
    with office.database.reading() as tx:
        by = tx.value("SELECT b.actor FROM blocks b JOIN events e ON e.block = b.number WHERE e.activity = 'received'")
    assert by.startswith("token:t")


def _state(office: Office) -> object:
    """What a refused command must not have changed."""
    with office.database.reading() as tx:
        found = [tx.value(f"SELECT COUNT(*) FROM {table}") for table in ("blocks", "orders", "people", "secrets")]
    return found, (office.folder / "afterclick.toml").read_text(encoding="utf-8")

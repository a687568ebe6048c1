"""`afterclick people` and `afterclick token`, and acting as a token."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from afterclick.cli import people, token
from afterclick.cli.output import TOKEN, actor
from afterclick.governance.permissions import DESKS, ROLES
from afterclick.settings import template


@pytest.fixture
def office(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder of a new office."""
    monkeypatch.delenv(TOKEN, raising=False)
    values = {} if database_url.startswith("sqlite") else {"database.url": database_url}
    (tmp_path / "afterclick.toml").write_text(template(values), encoding="utf-8")
    (tmp_path / "policy.toml").write_text("", encoding="utf-8")
    return str(tmp_path)


def call(app: Any, *words: str, office: str) -> dict[str, Any]:
    ran = CliRunner().invoke(app, [*words, "--office", office, "--json"])
    assert ran.exit_code == 0, ran.output
    return msgspec.json.decode(ran.stdout, type=dict[str, Any])


def refused(app: Any, *words: str, office: str) -> str:
    ran = CliRunner().invoke(app, [*words, "--office", office])
    assert ran.exit_code == 1, ran.output
    return ran.stderr


def test_people_are_let_in_given_roles_shut_out_and_let_in_again(office: str) -> None:
    made = call(people.app, "add", "Anna", "anna@x.example", "-r", "admin", office=office)
    assert made["link"].startswith("http://127.0.0.1:8420/sign-in/link?key=")
    call(people.app, "add", "Bob", "bob@x.example", "-r", "viewer", "--desk", "orders", office=office)
    assert "who writes a bot" in refused(people.app, "roles", "bob", "-r", "architect", "-r", "approver", office=office)
    changed = call(people.app, "roles", "bob", "-r", "architect", "-r", "approver", "--alone", office=office)
    assert (changed["roles"], changed["alone"]) == (["approver", "architect"], True)
    assert "last admin" in refused(people.app, "disable", "anna", office=office)
    assert call(people.app, "disable", "bob@x.example", office=office)["state"] == "disabled"
    assert "shut out" in refused(people.app, "link", "bob", office=office)
    assert call(people.app, "enable", "bob", office=office)["state"] == "active"
    assert call(people.app, "link", "bob", office=office)["person"]["handle"] == "bob"
    assert [one["handle"] for one in call(people.app, "list", office=office)["people"]] == ["anna", "bob"]
    assert "there is no person eve" in refused(people.app, "link", "eve", office=office)
    assert "there is no role king" in refused(people.app, "roles", "bob", "-r", "king", office=office)
    shown = CliRunner().invoke(people.app, ["list", "--office", office])
    assert "anna@x.example" in shown.output


@pytest.mark.parametrize("command", ["add", "roles"])
def test_the_help_names_every_desk_and_every_role(command: str) -> None:
    shown = re.sub(r"[│\s]+", " ", CliRunner().invoke(people.app, [command, "--help"], env={"COLUMNS": "200"}).output)
    assert "Only at this desk: orders, inventory or procurement; may be repeated." in shown
    assert [role for role in ROLES if role not in shown] == []
    assert [desk for desk in DESKS if desk not in shown] == []


def test_a_token_is_printed_once_and_acts_within_its_permissions(office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = call(token.app, "add", "auditing", "--may", "people.read", "--may", "audit.read", office=office)["token"]
    listed = call(token.app, "list", office=office)["tokens"]
    assert [(one["name"], one["state"], one["permissions"]) for one in listed] == [
        ("auditing", "active", ["audit.read", "people.read"])
    ]
    assert secret not in repr(listed)
    monkeypatch.setenv(TOKEN, secret)
    assert call(people.app, "list", office=office) == {"people": []}
    for words in (["add", "Eve", "eve@x.example", "-r", "admin"], ["link", "anna"]):
        assert "needs the permission people.manage" in refused(people.app, *words, office=office)
    assert "makes no tokens" in refused(token.app, "add", "more", "--may", "people.read", office=office)
    monkeypatch.delenv(TOKEN)
    assert call(token.app, "revoke", "auditing", office=office)["revoked"] is True
    monkeypatch.setenv(TOKEN, secret)
    said = refused(people.app, "list", office=office)
    assert "unknown, revoked or expired" in said
    assert secret not in said


def test_without_a_token_the_machines_user_may_do_everything(office: str) -> None:
    from afterclick.app import Office

    opened = Office.open(Path(office))
    who = actor(opened)
    opened.close()
    assert who.id.startswith("machine:")
    assert who.may("people.manage")
    assert "there is no orders.burn" in refused(token.app, "add", "x", "--may", "orders.burn", office=office)

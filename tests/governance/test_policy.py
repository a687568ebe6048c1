"""The policy file: what it leaves out has its default, what it says wrongly is refused with the place."""

from pathlib import Path

import pytest

from afterclick.governance import policy
from afterclick.governance.policy import DEFAULT, PolicyError


def loaded(tmp_path: Path, text: str) -> policy.Policy:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return policy.load(path)


def test_no_file_means_every_default(tmp_path: Path) -> None:
    assert policy.load(tmp_path / "policy.toml") == DEFAULT


def test_what_the_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    found = loaded(tmp_path, '[orders]\nask_score = 60\n[door.largest]\n"payments.refund" = 5000\n')
    assert found.orders.ask_score == 60
    assert found.orders.refuse_score == DEFAULT.orders.refuse_score
    assert found.door.largest == {"payments.refund": 5000}
    assert found.payments == DEFAULT.payments


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[orders]\nask_scroe = 60\n", "unknown field `ask_scroe`"),
        ("[orders]\nask_score = 0\n", r">= 1.*orders\.ask_score"),
        ('[orders]\nask_score = "much"\n', r"Expected `int`, got `str`.*orders\.ask_score"),
        ("[doors]\n", "unknown field `doors`"),
        ("orders = \n", "line 1"),
    ],
)
def test_a_wrong_entry_is_refused_with_the_file_and_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=f"policy.toml: .*{message}"):
        loaded(tmp_path, text)


def test_the_template_of_a_new_office_is_a_policy_of_defaults(tmp_path: Path) -> None:
    assert loaded(tmp_path, policy.TEMPLATE) == DEFAULT

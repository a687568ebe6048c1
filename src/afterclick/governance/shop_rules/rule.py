"""A rule of the shop, as it stands in the policy file."""

from typing import Annotated, Any, Literal

import msgspec

Then = Literal["pass", "ask", "refuse"]
LONGEST_CONDITION = 2_000
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$", description="Small letters, digits and hyphens.")]
Condition = Annotated[
    str, msgspec.Meta(min_length=1, max_length=LONGEST_CONDITION, description="A condition in CEL over the facts.")
]


class RuleTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts, and what the rule alone has to say of them; what the facts leave out is empty or zero.

    `nothing`: the rule does not match. `pass` holds for that too, since what no rule of the shop stops goes on.
    """

    facts: dict[str, Any]
    expect: Literal["pass", "ask", "refuse", "nothing"]


class ShopRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """If `when` is true of the facts, `then` is the verdict; the first rule of the file that matches decides.

    `who` is the role that is asked, `because` the reason, which may name facts (`{total}`); `owner` answers for the rule.
    """

    name: Name
    when: Condition
    then: Then
    because: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    on: Literal["order"] = "order"
    who: Annotated[str, msgspec.Meta(min_length=1, max_length=50)] = "orders"
    tests: tuple[RuleTest, ...] = ()

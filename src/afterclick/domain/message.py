"""What the shop tells a customer."""

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """A message about one order; `template` names the text, `values` fill it."""

    key: str
    order_id: int
    to: str
    template: str
    values: dict[str, str]

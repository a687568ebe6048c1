"""What the shop tells a customer, and its own people."""

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """A message about one order; `template` names the text, `values` fill it."""

    key: str
    order_id: int
    to: str
    template: str
    values: dict[str, str]


class ChatMessage(msgspec.Struct, frozen=True):
    """A message for the people of the shop, in plain text; `order_id` is the first order that it is about."""

    key: str
    order_id: int
    text: str

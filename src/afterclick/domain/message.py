"""What the shop tells a customer or a vendor, and its own people."""

import msgspec


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a message; `media_type` as in RFC 6838, for example `application/pdf`."""

    name: str
    media_type: str
    content: bytes


class Notice(msgspec.Struct, frozen=True):
    """A message, most often about one order; `template` names the text, `values` fill it.

    `about` names what it is about where that is no order: `purchase/12`.
    """

    key: str
    order_id: int
    to: str
    template: str
    values: dict[str, str]
    attachments: tuple[Attachment, ...] = ()
    about: str = ""


class ChatMessage(msgspec.Struct, frozen=True):
    """A message for the people of the shop, in plain text; `order_id` is the first order that it is about."""

    key: str
    order_id: int
    text: str

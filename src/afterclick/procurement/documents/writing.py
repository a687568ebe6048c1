"""Write a purchase order in the format that its vendor reads."""

from collections.abc import Callable
from typing import Final

import msgspec

from afterclick.domain.purchase import DocumentFormat
from afterclick.procurement.documents.edifact_order import edifact_order
from afterclick.procurement.documents.parties import Letter
from afterclick.procurement.documents.ubl_order import ubl_order
from afterclick.procurement.documents.x12_order import x12_order


class Document(msgspec.Struct, frozen=True):
    """A finished document, as it is attached or transmitted."""

    name: str
    media_type: str
    content: bytes


def written(letter: Letter, form: DocumentFormat | None = None) -> Document:
    """The document in `form`, else in the vendor's own format. The same letter gives the same content.

    Raises:
        Unsendable: something that the format needs is missing, or cannot be said in it.
        ModuleNotFoundError: a PDF without the extra `documents`.
    """
    kind = form or letter.vendor.document
    ending, media_type, write = _FORMATS[kind]
    return Document(f"{_file_name(letter.order.number)}.{ending}", media_type, write(letter))


def _pdf(letter: Letter) -> bytes:
    from afterclick.procurement.documents.printed import printed_order

    return printed_order(letter)


_FORMATS: Final[dict[DocumentFormat, tuple[str, str, Callable[[Letter], bytes]]]] = {
    "pdf": ("pdf", "application/pdf", _pdf),
    "ubl": ("xml", "application/xml", ubl_order),
    "edifact": ("edi", "application/edifact", edifact_order),
    "x12": ("x12", "application/edi-x12", x12_order),
}
MEDIA_TYPES: Final = frozenset(media_type for _, media_type, _ in _FORMATS.values())


def _file_name(number: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in number)[:80] or "order"

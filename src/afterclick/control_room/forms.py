"""Forms that people send: read within limits, and only from our own pages."""

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request, Response

from afterclick.control_room.problems import Problem

COOKIE: Final = "afterclick_form"
FIELD: Final = "form_token"
MOST_FIELDS: Final = 50
LONGEST_FIELD: Final = 4_000
_SECRET: Final = secrets.token_bytes(32)
"""Of this process: a form from before a restart has to be opened again."""


class Seal:
    """What marks the forms of one visitor as ours: a random name in a cookie, and in each form its signature."""

    def __init__(self, request: Request) -> None:
        known = request.cookies.get(COOKIE, "")
        self._name = known if len(known) == 43 and known.isascii() else secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The value of the hidden field `form_token`."""
        return hmac.new(_SECRET, self._name.encode(), hashlib.sha256).hexdigest()

    def on(self, response: Response) -> Response:
        """Give the visitor the cookie that belongs to the token."""
        response.set_cookie(COOKIE, self._name, httponly=True, samesite="strict", path="/")
        return response


async def sent(request: Request) -> dict[str, str]:
    """The fields of a form from one of our own pages.

    Raises:
        Problem: 403 where it does not come from us, 415 or 422 where it is no form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Problem(415, "send the form as application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(422, "the form cannot be read") from error
    fields = dict(pairs)
    expected = Seal(request).token
    if COOKIE not in request.cookies or not hmac.compare_digest(expected.encode(), fields.pop(FIELD, "").encode()):
        raise Problem(403, "this form was not sent from a page of this office, or the office was restarted: open the page again")
    if any(len(value) > LONGEST_FIELD for value in fields.values()):
        raise Problem(422, f"a field has more than {LONGEST_FIELD:,} characters")
    return fields

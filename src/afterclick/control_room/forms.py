"""Forms that people send: read within limits, and only from our own pages."""

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request, Response

from afterclick.control_room.access import SESSION
from afterclick.control_room.problems import Problem

COOKIE: Final = "afterclick_form"
FIELD: Final = "form_token"
MOST_FIELDS: Final = 50
LONGEST_FIELD: Final = 4_000


class Seal:
    """What marks the forms of one visitor as ours: a random secret in a cookie, and in each form what only it can give.

    The session is part of it: a form that was opened before signing in, or by somebody else, is no good afterwards. Both
    secrets are the visitor's own, so forms stay good over a restart, and in whichever process they arrive.
    """

    def __init__(self, request: Request) -> None:
        known = request.cookies.get(COOKIE, "")
        self._secret = known if len(known) == 43 and known.isascii() else secrets.token_urlsafe(32)
        self._session = request.cookies.get(SESSION, "")
        self._https = request.url.scheme == "https"

    @property
    def token(self) -> str:
        """The value of the hidden field `form_token`."""
        return hmac.new(self._secret.encode(), f"form {self._session}".encode(), hashlib.sha256).hexdigest()

    def on(self, response: Response) -> Response:
        """Give the visitor the cookie that belongs to the token."""
        response.set_cookie(COOKIE, self._secret, httponly=True, samesite="strict", path="/", secure=self._https)
        return response


async def sent(request: Request, *, most_fields: int = MOST_FIELDS, longest: int = LONGEST_FIELD) -> dict[str, str]:
    """The fields of a form from one of our own pages.

    Raises:
        Problem: 403 where it does not come from us, 415 or 422 where it is no form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Problem(415, "send the form as application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=most_fields, errors="strict")
    except ValueError as error:
        raise Problem(422, "the form cannot be read") from error
    if any("\0" in part for pair in pairs for part in pair):
        raise Problem(422, "the form has the character U+0000, which no database keeps")
    fields = dict(pairs)
    expected = Seal(request).token
    if COOKIE not in request.cookies or not hmac.compare_digest(expected.encode(), fields.pop(FIELD, "").encode()):
        raise Problem(403, "this form was not sent from a page of this office, or you have signed in since: open the page again")
    if any(len(value) > longest for value in fields.values()):
        raise Problem(422, f"a field has more than {longest:,} characters")
    return fields

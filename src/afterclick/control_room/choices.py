"""What a visitor chooses about the pages themselves: the theme, and whether single keys act. Cookies keep it."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Header
from fastapi.responses import RedirectResponse, Response

from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.control_room.visit import KEYS_COOKIE, THEME_COOKIE, THEMES, local

_YEAR_S: Final = 31_536_000


def choices() -> APIRouter:
    """The route `POST /theme`. It needs no sign-in and no seal: the worst that another site could do is to turn on the light."""
    router = Routes(include_in_schema=False)

    @router.post("/theme")
    def choose(
        theme: Annotated[str, Form(max_length=10)] = "",
        keys: Annotated[str, Form(max_length=10)] = "",
        back: Annotated[str, Form(max_length=2_000)] = "/",
        sec_fetch_site: Annotated[str, Header()] = "same-origin",
    ) -> Response:
        """Keep the choice, and go back to the page where it was made."""
        if sec_fetch_site not in ("same-origin", "none"):
            raise Problem(403, "this form was not sent from a page of this office; choose the theme at the foot of any page")
        if (theme and theme not in THEMES) or (keys and keys not in ("on", "off")):
            raise Problem(422, f"choose one of {', '.join(THEMES)}, and keys on or off")
        answer = RedirectResponse(local(back), 303)
        for name, value in ((THEME_COOKIE, theme), (KEYS_COOKIE, keys)):
            if value:
                answer.set_cookie(name, value, max_age=_YEAR_S, httponly=True, samesite="lax", path="/")
        return answer

    return router

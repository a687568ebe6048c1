"""What is answered when something cannot be done: RFC 9457 problem details."""

from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """A refusal with its HTTP status; `detail` says what happened and what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def document(self) -> dict[str, Any]:
        """The problem as a document of RFC 9457."""
        return {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}

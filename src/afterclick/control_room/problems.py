"""What is answered when something cannot be done: RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from afterclick.governance.vault.redaction import redact


class Problem(Exception):
    """A refusal with its HTTP status; `detail` says what happened and what to do, `headers` go with the answer."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(redact(detail))
        self.status = status
        self.detail = redact(detail)
        self.headers = dict(headers or {})

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def document(self) -> dict[str, Any]:
        """The problem as a document of RFC 9457."""
        return {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}

"""A chat at a web address: it is asked once per message, and its address stays a secret."""

import json

import httpx
import pytest

from afterclick.connectors.chat import WebhookChat
from afterclick.domain.message import ChatMessage
from afterclick.ports.answer import Answer, Declined, Unavailable
from tests.orders.ports import Talk
from tests.ports.chat_contract import ChatContract

SECRET = "https://chat.example/hooks/T0PS3CRET"


class Server:
    """The chat's side: what it was sent, and how it answers."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if not self.status:
            raise httpx.ConnectError(f"no route to {request.url}")
        return httpx.Response(self.status, headers={"location": "http://127.0.0.1/"})


def chat_over(server: Server) -> WebhookChat:
    return WebhookChat(lambda: SECRET, transport=httpx.MockTransport(server))


class TestWebhookChat(ChatContract):
    @pytest.fixture
    def chat(self) -> WebhookChat:
        return chat_over(Server())


class TestTalkOfTests(ChatContract):
    @pytest.fixture
    def chat(self) -> Talk:
        return Talk()


def test_a_message_is_posted_once_as_json() -> None:
    server = Server()
    chat = chat_over(server)
    for _ in range(2):
        chat.say([ChatMessage("mail:1", 1, "3 questions")])
    (request,) = server.asked
    assert json.loads(request.content) == {"text": "3 questions"}
    assert request.headers["idempotency-key"] == "mail:1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, Declined), (403, Declined), (500, Unavailable), (429, Unavailable), (302, Unavailable), (0, Unavailable)],
)
def test_what_goes_wrong_never_names_the_address(status: int, kind: type[Answer[None]]) -> None:
    (answer,) = chat_over(Server(status)).say([ChatMessage("a", 1, "x")])
    assert isinstance(answer, kind)
    assert "T0PS3CRET" not in repr(answer)

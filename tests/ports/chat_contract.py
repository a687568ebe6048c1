"""What every chat behind `ports.chat` must do."""

from afterclick.domain.message import ChatMessage
from afterclick.ports.answer import Done
from afterclick.ports.chat import Chat


class ChatContract:
    """Inherit it, and give a fixture `chat`."""

    def test_nothing_to_say_is_nothing_answered(self, chat: Chat) -> None:
        assert list(chat.say([])) == []

    def test_the_same_key_twice_is_answered_alike(self, chat: Chat) -> None:
        post = ChatMessage("a", 1, "hello")
        assert list(chat.say([post])) == list(chat.say([post])) == [Done(None)]

    def test_answers_come_in_order(self, chat: Chat) -> None:
        assert len(chat.say([ChatMessage("a", 1, "hello"), ChatMessage("b", 2, "again")])) == 2

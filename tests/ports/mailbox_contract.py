"""What every mailbox behind `ports.mailbox` must do."""

from afterclick.domain.message import Notice
from afterclick.ports.answer import Declined, Done
from afterclick.ports.mailbox import Mailbox
from tests.ports.insisting import insist


def notice(key: str, to: str = "somebody@mail.example") -> Notice:
    return Notice(key=key, order_id=1, to=to, template="shipped", values={"tracking": "T1"})


class MailboxContract:
    """Inherit it, and give a fixture `mailbox`."""

    def test_nothing_to_send_is_nothing_answered(self, mailbox: Mailbox) -> None:
        assert list(mailbox.send([])) == []

    def test_the_same_key_is_sent_once_and_answered_alike(self, mailbox: Mailbox) -> None:
        assert insist(mailbox.send, notice("a")) == insist(mailbox.send, notice("a")) == [Done(None)]

    def test_answers_come_in_order_and_no_address_is_declined(self, mailbox: Mailbox) -> None:
        answers = insist(mailbox.send, notice("a"), notice("b", to=""), notice("c", to="nobody"), notice("d"))
        assert [type(answer) for answer in answers] == [Done, Declined, Declined, Done]

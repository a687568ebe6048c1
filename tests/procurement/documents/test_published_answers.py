"""Answers that others have published as examples, and those with which Peppol tests its rules."""

import zipfile
from pathlib import Path

import pytest

from afterclick.domain.purchase import Acknowledgement
from afterclick.procurement.documents.answers import read_answers
from afterclick.procurement.documents.values import Unreadable
from tests.procurement.documents import peppol


@pytest.mark.realdata
@pytest.mark.parametrize(("archive", "count"), [("peppol_orders.zip", 6), ("ubl_oasis.zip", 1)])
def test_every_order_response_of_the_published_examples_is_read(shared_data: Path, archive: str, count: int) -> None:
    read = 0
    with zipfile.ZipFile(shared_data / "einvoices" / archive) as files:
        for name in files.namelist():
            content = files.read(name)
            if b"<OrderResponse" not in content:
                continue
            answer = read_answers(content).answers[0]
            assert not answer.problems, (name, answer.problems)
            assert answer.order
            assert answer.answered_on
            read += 1
    assert read == count


@pytest.mark.realdata
def test_the_answers_among_the_published_edi_files_are_read(shared_data: Path) -> None:
    read: list[Acknowledgement] = []
    with zipfile.ZipFile(shared_data / "einvoices" / "edi.zip") as files:
        for name in files.namelist():
            try:
                read += read_answers(files.read(name)).answers
            except Unreadable as error:
                assert str(error)
    assert len(read) == 2
    assert {answer.order for answer in read} == {"00001672"}
    assert {(line.line_no, line.quantity, line.price, line.gtin) for answer in read for line in answer.lines} == {
        (1, None, 5050, "")
    }


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("PEPPOL-T76-R004", "before it starts"),
        ("PEPPOL-T76-R005", "the price is in"),
        ("PEPPOL-T76-R008", "accepted as a whole, yet"),
        ("PEPPOL-T76-R009", "refused as a whole, yet"),
    ],
)
def test_an_answer_that_breaks_a_rule_of_peppol_is_named(shared_data: Path, rule: str, said: str) -> None:
    archive = shared_data / "einvoices" / "peppol_orders_unit.zip"
    for document, breaks in peppol.cases(archive, "unit-order-response", rule):
        head, _, rest = document.partition(b">")
        named = head + b"><OrderReference><ID>1</ID></OrderReference>" + rest
        problems = read_answers(named).answers[0].problems
        assert any(said in problem for problem in problems) == breaks, problems

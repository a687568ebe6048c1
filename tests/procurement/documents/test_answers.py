"""What vendors send back: read in every format, held against the order, and never trusted."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.purchase import Acknowledgement
from afterclick.procurement.documents.answers import read_answers
from afterclick.procurement.documents.matching import compared
from afterclick.procurement.documents.values import MOST_BYTES, MOST_PROBLEMS, Unreadable
from tests.procurement.documents.letters import order
from tests.procurement.documents.samples import ALL, CSV, EDIFACT, X12


def only(content: str | bytes) -> Acknowledgement:
    found = read_answers(content.encode() if isinstance(content, str) else content)
    assert len(found.answers) == 1
    assert not found.problems
    return found.answers[0]


@pytest.mark.parametrize("form", ALL)
def test_the_same_answer_means_the_same_in_every_format(form: str) -> None:
    answer = only(ALL[form])
    assert not answer.problems
    assert (answer.order, answer.answer, len(answer.lines)) == ("PO-2026-000042", "changed", 3)
    outcome = compared(order(), answer)
    assert not outcome.problems
    assert not outcome.silent
    one, two, three = outcome.lines
    assert (one.answer, one.quantity, one.differs) == ("accepted", 40, ())
    assert (two.answer, two.quantity, two.deliver_on, two.differs) == ("changed", 200, date(2026, 12, 9), ("quantity", "price"))
    assert two.price * 100 == 50 * two.price_basis
    assert (three.answer, three.quantity) == ("refused", 0)


@pytest.mark.parametrize("form", ["ubl", "edifact", "x12"])
def test_who_answers_and_under_which_number_is_kept(form: str) -> None:
    answer = only(ALL[form])
    assert (answer.vendor, answer.vendor_reference, answer.answered_on) == ("3012345678900", "SO-9", date(2026, 11, 23))


@pytest.mark.parametrize(
    ("form", "before", "after", "said"),
    [
        ("ubl", "200</cbc:Quantity>", "two</cbc:Quantity>", "line 12: Quantity: 'two' is not a number"),
        ("ubl", 'currencyID="EUR">0.0050', 'currencyID="USD">0.0050', "line 14: the price is in USD, the document in EUR"),
        ("ubl", "<cbc:EndDate>2026-12-09", "<cbc:EndDate>2026-02-30", "line 1[0-9]: EndDate: '2026-02-30' is not a day"),
        ("ubl", "<cbc:EndDate>2026-12-09", "<cbc:EndDate>2026-12-01", "line 13: the promised delivery ends on 2026-12-01"),
        ("ubl", "<cbc:LineStatusCode>3", "<cbc:LineStatusCode>99", "the line status '99' is not known"),
        ("ubl", ">CA<", ">AP<", "the order is accepted as a whole, yet 3 lines follow"),
        ("edifact", "QTY+113:200:PCE", "QTY+113:-3:PCE", r"segment 13 \(QTY\): '-3' is not a whole quantity"),
        ("edifact", "DTM+67:20261209:102", "DTM+67:20261309:102", r"segment 14 \(DTM\): '20261309' is not a day of the calendar"),
        ("edifact", "DTM+67:20261209:102", "DTM+67:49:616", r"segment 14 \(DTM\): the date format 616 is not read"),
        ("edifact", "PRI+AAA:0.5:::100", "PRI+AAA:1.234,56:::100", r"segment 15 \(PRI\): '1.234.56' is not a number"),
        ("edifact", "LIN+2+3", "LIN+2+77", "the line action '77' is not known"),
        ("edifact", "BGM+231+R-7+4", "BGM+231+R-7+27", "refused as a whole, yet lines are accepted"),
        ("x12", "ACK*IB*50*", "ACK*IB*5O*", r"segment 11 \(ACK\): '5O' is not a number"),
        ("x12", "ACK*IQ*", "ACK*QQ*", "the line status 'QQ' is not known"),
        ("x12", "BAK*00*AC", "BAK*00*??", "the acknowledgement type '..' is not known"),
        ("csv", "0,50;100", "0.50;100x", "line 3: .* is not a number"),
        ("csv", ";40;42,90", ";40;1.250", "line 2: '1.250' may be a thousand or have three decimals"),
        ("csv", ";40;42,90", ";1.000;42,90", "line 2: '1.000' may be a thousand or have three decimals"),
        ("csv", "0,50;100", "0,50;1.000", "line 3: '1.000' may be a thousand or have three decimals"),
        ("csv", ";changed", ";perhaps", "line 3: the answer 'perhaps' is not known"),
        ("json", '"price": "0.005"', '"price": "0,005"', r"lines\[1\]: '0,005' is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_place_and_the_rest_goes_on(form: str, before: str, after: str, said: str) -> None:
    assert before in ALL[form]
    answer = only(ALL[form].replace(before, after))
    assert len(answer.problems) >= 1
    assert re.search(said, answer.problems[0]), answer.problems
    assert len(answer.lines) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (EDIFACT.replace("UNT+19+1", "UNT+25+1"), "segment 20: UNT counts 25 segments, there are 19"),
        (EDIFACT.replace("UNT+19+1", "UNT+19+2"), "segment 20: UNT ends message 2, begun was 1"),
        (EDIFACT.replace("UNZ+1+77", "UNZ+3+77"), "segment 21: UNZ counts 3 messages, there are 1"),
        (EDIFACT.replace("UNT+19+1'\n", ""), "UNT is missing"),
        (EDIFACT.replace("QTY+113", "qty+113"), "segment 13: 'qty' is not a tag: the segment is left out"),
        (X12.replace("SE*13", "SE*99"), "segment 15: SE counts 99 segments, there are 13"),
        (X12.replace("GE*1", "GE*4"), "GE counts 4 sets, there are 1"),
        (X12.replace("IEA*1", "IEA*2"), "IEA counts 2 groups, there are 1"),
        (CSV + ";4;X;1;1;;;ok\n", "line 5: it names no order: it is left out"),
    ],
)
def test_wrong_counts_and_lost_segments_are_named_and_the_rest_is_read(content: str, said: str) -> None:
    found = read_answers(content.encode())
    assert any(said in problem for problem in found.problems), found.problems
    assert len(found.answers[0].lines) == 3


def test_one_bad_message_does_not_take_the_others_along() -> None:
    broken = EDIFACT.replace("RFF+ON:PO-2026-000042'\n", "")
    second = "UNH+2+" + EDIFACT.partition("UNH+1+")[2].replace("UNT+19+1", "UNT+19+2").replace("UNZ+1", "UNZ+2")
    content = broken.partition("UNT+19")[0] + "UNT+18+1'\n" + second
    found = read_answers(content.encode())
    assert [answer.order for answer in found.answers] == ["PO-2026-000042"]
    assert found.problems == ("segment 2: the answer names no order (RFF+ON is missing)",)


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<OrderResponse><ID>&b;</ID></OrderResponse>"""
THIEF = '<!DOCTYPE x [<!ENTITY f SYSTEM "/etc/passwd">]><OrderResponse><ID>&f;</ID></OrderResponse>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the document is empty"),
        (b" \n\t ", "the document is empty"),
        (b"x" * (MOST_BYTES + 1), "more than 10,000,000: it is not read"),
        (BOMB.encode(), "line 1: the XML declares a document type"),
        (THIEF.encode(), "line 1: the XML declares a document type"),
        (BOMB.encode("utf-16"), "line 1: the XML declares a document type"),
        (b"<a>" * 60 + b"</a>" * 60, "50 deep"),
        (b"<OrderResponse><ID>1</OrderResponse>", r"line 1: this is not XML \(mismatched tag\)"),
        (b'<?xml version="1.0" encoding="klingon"?><OrderResponse/>', "not XML|encoding that is not known"),
        (b"<Invoice/>", "line 1: this is a Invoice, not an order response"),
        (b"<OrderResponse/>", "line 1: the order response names no order"),
        (b"UNB", "no answer to an order could be read|not an EDIFACT"),
        (b"UNA:::: '", "this is not an EDIFACT interchange"),
        (b"ISA*00*", "segment 1: ISA has 2 elements, not 16"),
        (b"ISA", "not an X12 interchange"),
        (b"%PDF-1.7", "this is a PDF: a person has to read it"),
        (b"PK\x03\x04", "an archive or a workbook"),
        (b'{"order": 7}', "this is not an answer in JSON"),
        (b"[" * 100_000, "this is not an answer in JSON"),
        (b'{"order": " "}', "names no order"),
        (b"a,b\n1,2\n", "line 1: no column names the order"),
        (b"\xff\xfe\x00\x01", "no column names the order"),
        (EDIFACT.replace("ORDRSP", "INVOIC").encode(), "segment 2: message 1 is INVOIC, not ORDRSP"),
        (X12.replace("ST*855", "ST*997").encode(), "transaction set 997 is not an 855"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_reason(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_answers(content)


def test_a_wrong_character_set_is_named_and_the_figures_still_count() -> None:
    ascii_only = EDIFACT.replace("UNOC", "UNOA").replace("only two", "nur zweihundert für Küche")
    found = read_answers(ascii_only.encode("latin-1"))
    assert found.problems == ("segment 16: a letter is not in the declared character set UNOA: names may be misspelt",)
    assert found.answers[0].lines[1].quantity == 200
    assert "für Küche" in found.answers[0].lines[1].because


def test_a_file_that_is_wrong_throughout_has_a_short_list_of_problems() -> None:
    rows = "".join(f"LIN+{n}+5'QTY+113:x:PCE'" for n in range(1, 400))
    answer = read_answers(EDIFACT.replace("LIN+3+7'\n", rows).encode()).answers[0]
    assert len(answer.problems) == MOST_PROBLEMS + 1
    assert answer.problems[-1] == "and 349 more problems"


def test_wrapped_lines_released_letters_and_a_byte_order_mark_are_no_trouble() -> None:
    text = EDIFACT.replace("only two hundred left", "it?'s two ?+ more?: yes??").replace("\n", "")
    wrapped = "\n".join(text[at : at + 80] for at in range(0, len(text), 80))
    answer = only(b"\xef\xbb\xbf" + wrapped.encode())
    assert answer.lines[1].because == "it's two + more: yes?"


@given(st.binary(max_size=300))
def test_nothing_that_is_sent_breaks_the_reader(content: bytes) -> None:
    for start in (b"", b"UNA:+.? '", b"UNB+UNOC:3", b"ISA*", b"<OrderResponse>", b"order,line\n", b"{"):
        try:
            read_answers(start + content)
        except Unreadable as error:
            assert str(error)


@given(st.data(), st.sampled_from(sorted(ALL)))
def test_a_damaged_answer_is_read_or_refused_and_never_a_crash(data: st.DataObject, form: str) -> None:
    content = bytearray(ALL[form].encode())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        for answer in read_answers(bytes(content)).answers:
            compared(order(), answer)
    except Unreadable as error:
        assert str(error)

"""Anyone's sales file becomes daily sums, and what cannot be used is named by its line."""

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given as drawn_from
from hypothesis import settings
from hypothesis import strategies as some

from afterclick.procurement.sales.columns import SYNONYMS, recognise
from afterclick.procurement.sales.days import read_sales
from afterclick.reading.tables.columns import plain
from afterclick.reading.tables.rows import BadFile
from tests.procurement.sales.files import TODAY, csv, read, sold


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("SKU;Datum;Menge;Preis", "item date quantity price"),
        ("StockCode,InvoiceDate,Quantity,UnitPrice,InvoiceNo", "item date quantity price order_no"),
        ("unique_id,ds,y", "item date quantity"),
        ("Article\tMagasin\tDate de vente\tQuantité\tPrix unitaire", "item place date quantity price"),
        ("código de artículo;almacén;fecha;cantidad;en oferta;moneda", "item place date quantity promotion currency"),
        ("item,store_id,day,units,stock on hand,category", "item place date quantity stock category"),
    ],
)
def test_columns_are_recognised_in_several_languages(header: str, fields: str) -> None:
    delimiter = next(letter for letter in ";\t," if letter in header)
    assert set(recognise(header.split(delimiter))) == set(fields.split())


def test_no_synonym_is_claimed_by_two_fields() -> None:
    names = [name for listed in SYNONYMS.values() for name in {plain(one) for one in listed.split("|")}]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_a_column_can_be_given_by_name(tmp_path: Path) -> None:
    text = "Was,wann,wie viele\nMug,2025-01-06,3\n"
    given = {"item": "Was", "date": "wann", "quantity": "wie viele"}
    assert sold(read(tmp_path, text, given)) == {("Mug", "", "2025-01-06"): 3}
    with pytest.raises(BadFile, match="no field 'colour'"):
        read(tmp_path, text, {"colour": "Was"})
    with pytest.raises(BadFile, match="no column 'Artikel' for item"):
        read(tmp_path, text, {"item": "Artikel"})


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "is empty"),
        ("item,quantity\nA,1\n", r"no column was recognised for date: .*'item', 'quantity'.*--column date=NAME"),
        ("item,date,quantity\n", "none of its 0 lines can be used|has a header and no rows"),
        (
            "item,date,quantity\nA,soon,1\nB,later,2\n",
            "none of its 2 lines can be used; the first: line 2, the date cannot be read",
        ),
        ("item,date,quantity\nA,2025-01-06,\n", "the quantity is missing"),
        ("item,date,quantity\nA,3/4/2025,1\nA,5/6/2025,1\n", "do not show whether the day or the month comes first"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, because: str) -> None:
    with pytest.raises(BadFile, match=because):
        read(tmp_path, text)


def test_dirty_lines_are_named_and_the_good_part_goes_on(tmp_path: Path) -> None:
    sales = read(
        tmp_path,
        "item,date,quantity\nA,2025-01-06,1\nA,,2\nA,31.31.2025,3\n,2025-01-06,4\nA,2025-01-07,NaN\nA,2025-01-07,1e18\nA,2025-01-07,inf\n"
        f"A,2025-01-08,many\nA,2031-01-08,1\nA,2025-01-08,\n{'x' * 250},2025-01-08,1\n  A ,2025-01-09, 2 \n",
    )
    assert sold(sales) == {("A", "", "2025-01-06"): 1, ("A", "", "2025-01-09"): 2}
    assert {one.line: one.because for one in sales.named} == {
        3: "the date is missing", 4: "the date cannot be read", 5: "the item is missing", 6: "the quantity is not a number",
        7: "the quantity is beyond 1,000,000,000", 8: "the quantity is not a number", 9: "the quantity is not a number",
        10: "the date lies in the future", 11: "the quantity is missing", 12: "the item's name is longer than 200 letters",
    }  # fmt: skip
    assert sum(sales.set_aside.values()) == 10
    assert sales.lines == 12


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ('item;date;quantity\nA;2025-01-06;"1.234,5"\n', 1234.5),
        ("item;date;quantity\nA;2025-01-06;1,5\nA;2025-01-06;2\n", 3.5),
        ('item,date,quantity\nA,2025-01-06,"1,234"\n', 1234),
        ("item,date,quantity\nA,2025-01-06,1 234\n", 1234),
        ("item,date,quantity\nA,2025-01-06T23:30:00+05:00,2\n", 2),
        ("item;date;quantity;price\nA;2025-01-06;1.241;2,50\nA;2025-01-06;918;2,50\n", 2159),
        ("item;date;quantity;price\nA;2025-01-06;1.241;2,50 €\n", 1241),
        ("item;date;quantity;price\nA;2025-01-06;1.5;2,50\nA;2025-01-06;1.241;2,50\n", 2.741),
        ("item;date;quantity;price\nA;2025-01-06;1,250;2,50\n", 1.25),
        ('item,date,quantity,price\nA,2025-01-06,"1,250",2.50\n', 1250),
        ("item;date;quantity\nA;2025-01-06;0,250\nA;2025-01-06;1,250\n", 1.5),
        ("item;date;quantity;stock\nA;2025-01-06;1.241.000,5;1.241\n", 1_241_000.5),
    ],
)
def test_numbers_are_read_by_the_habits_of_the_file(tmp_path: Path, text: str, pieces: float) -> None:
    assert sold(read(tmp_path, text)) == {("A", "", "2025-01-06"): pieces}


def test_returns_are_taken_off_the_same_day_and_never_make_demand_negative(tmp_path: Path) -> None:
    sales = read(
        tmp_path, "order,item,date,quantity\n1,A,2025-01-06,80995\n2,A,2025-01-06,-80995\n3,A,2025-01-07,5\n4,A,2025-01-08,-2\n"
    )
    assert sold(sales) == {("A", "", "2025-01-06"): 0, ("A", "", "2025-01-07"): 5, ("A", "", "2025-01-08"): 0}
    assert "2 pieces that came back on a later day do not count" in " ".join(sales.notes)
    assert sales.days["largest"].max() == 5


def test_no_returns_are_said_where_none_are(tmp_path: Path) -> None:
    assert read(tmp_path, "item,date,quantity\nA,2025-01-06,1.241\nA,2025-01-07,0.1\n").notes == ()
    same_day = read(tmp_path, "item,date,quantity\nA,2025-01-06,3\nA,2025-01-06,-1\n").notes
    assert "same day (1 item-days); 0 pieces that came back on a later day" in " ".join(same_day)


def test_a_repeated_row_of_totals_counts_once_and_of_single_sales_twice(tmp_path: Path) -> None:
    grid = "".join(f"A,2025-01-{day:02d},{day % 3}\n" for day in range(6, 31))
    totals = read(tmp_path, f"item,date,quantity\n{grid}A,2025-01-07,1\n")
    assert sold(totals)["A", "", "2025-01-07"] == 1
    assert "counted once" in " ".join(totals.notes)
    single = "A,2025-01-07,1\n" * 2 + "".join(f"B,2025-02-{day:02d},1\n" for day in range(1, 28))
    assert sold(read(tmp_path, f"item,date,quantity\n{single}"))["A", "", "2025-01-07"] == 2
    more = "".join(f"B,2025-03-{day:02d},1\n" for day in range(1, 28))
    back = read(tmp_path, f"item,date,quantity\n{single}{more}A,2025-01-09,1\nA,2025-01-09,-1\nA,2025-01-11,-1\n")
    assert sold(back)["A", "", "2025-01-07"] == 2, "what came back makes no totals of single sales"
    grams = read(tmp_path, f"item,date,quantity\n{grid}A,2025-03-07,0.1\nA,2025-03-07,0.1\n")
    assert sold(grams)["A", "", "2025-03-07"] == 0.1


def test_spellings_of_an_item_in_capitals_and_small_letters_are_one_item_and_said(tmp_path: Path) -> None:
    rows = "Cup,2025-01-06,10\n cup,2025-01-06,3\nCUP,2025-01-07,2\nMug,2025-01-07,1\n"
    sales = read(tmp_path, f"item,date,quantity,price\n{rows}cup,2025-02-01,,4\n".replace("0\n", "0,\n"))
    assert sold(sales) == {("CUP", "", "2025-01-06"): 13, ("CUP", "", "2025-01-07"): 2, ("Mug", "", "2025-01-07"): 1}
    assert sales.planned.select(pl.col("item").cast(pl.String)).to_series().to_list() == ["CUP"]
    assert sales.notes == ("3 names differ only in capitals and were taken for 1 item: CUP",)
    assert read(tmp_path, "item,date,quantity\nCup,2025-01-06,10\nMug,2025-01-06,10\n").notes == ()


def test_currencies_are_told_and_never_converted(tmp_path: Path) -> None:
    sales = read(
        tmp_path, "item,date,quantity,price,currency\nA,2025-01-06,1,10,eur\nA,2025-01-06,1,1000,JPY\nB,2025-01-06,2,5, EUR\n"
    )
    assert "2 currencies (EUR 67%, JPY 33% of the lines): nothing was converted" in " ".join(sales.notes)
    assert sorted(sales.days["value"].to_list()) == [10, 10, 1000]


def test_other_encodings_and_broken_lines_are_read_the_slow_way(tmp_path: Path) -> None:
    path = csv(
        tmp_path, "Artikel;Datum;Menge\nBürste;06.01.2025;2\nTasse;06.01.2025;1;zu;viele\nTasse;07.01.2025;3\n", encoding="cp1252"
    )
    sales = read_sales(path, today=TODAY)
    assert sold(sales) == {("Bürste", "", "2025-01-06"): 2, ("Tasse", "", "2025-01-07"): 3}
    assert [(one.line, one.because) for one in sales.named] == [(3, "the line has more cells than the header")]


def test_the_same_sales_are_read_from_csv_parquet_and_xlsx(tmp_path: Path) -> None:
    rows = [("A", "North", "2025-01-06", 2, 1.5), ("B", "South", "2025-01-07", 1, 2.0), ("A", "North", "2025-01-06", 3, 1.5)]
    text = "item,store,date,quantity,price\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    parquet = tmp_path / "sales.parquet"
    pl.DataFrame(rows, schema=["item", "store", "date", "quantity", "price"], orient="row").with_columns(
        pl.col("date").str.to_datetime("%Y-%m-%d")
    ).write_parquet(parquet)
    (tmp_path / "sales.xlsx").write_bytes(workbook([("item", "store", "date", "quantity", "price"), *rows]))
    expected = {("A", "North", "2025-01-06"): 5, ("B", "South", "2025-01-07"): 1}
    for path in (csv(tmp_path, text), parquet, tmp_path / "sales.xlsx"):
        assert sold(read_sales(path, today=TODAY)) == expected, path


@pytest.mark.parametrize(
    "content", [b"PAR1 nonsense", b"PK\x03\x04 nonsense", b"\xff\xfe\x00", b"\0" * 100, b'"' * 1000, b"a" * 200_000]
)
def test_a_hostile_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile):
        read_sales(path, today=TODAY)


@settings(max_examples=25, deadline=None)
@drawn_from(some.text(alphabet=some.sampled_from('item,date;\n"\t=A1-.0é2025/'), max_size=200))
def test_no_text_makes_anything_but_sales_or_a_clear_refusal(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("sales")
    try:
        sales = read_sales(csv(folder, f"item,date,quantity\nA,2025-01-06,1\n{text}"), today=TODAY)
    except BadFile as error:
        assert str(folder) in str(error) or "dates" in str(error)
    else:
        assert not (sales.days["quantity"] < 0).any()


def workbook(rows: list[tuple[object, ...]]) -> bytes:
    """A small XLSX workbook with texts written in place."""

    def cell(value: object) -> str:
        kind = "n" if isinstance(value, int | float) else "inlineStr"
        return f'<c t="{kind}"><v>{value}</v></c>' if kind == "n" else f'<c t="{kind}"><is><t>{value}</t></is></c>'

    sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    space, kind = "http://schemas.openxmlformats.org", "application/vnd.openxmlformats-"
    main, related = f"{space}/spreadsheetml/2006/main", f"{space}/package/2006/relationships"
    document = f"{space}/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{space}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{kind}package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{kind}officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{related}">'
        f'<Relationship Id="r1" Type="{document}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{document}">'
        '<sheets><sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{related}">'
        f'<Relationship Id="r1" Type="{document}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()

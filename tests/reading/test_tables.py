"""Files as they come: any encoding and delimiter, broken lines, and files that mean harm."""

import zipfile
from pathlib import Path

import polars as pl
import pytest

from afterclick.orders.files.columns import recognise
from afterclick.reading.tables import text_table, workbook
from afterclick.reading.tables.rows import BadFile, Chunk, read_rows

HEADER = ["order no", "sku", "qty", "price", "date"]


def rows(path: Path) -> list[tuple[str, ...]]:
    return [row for chunk in read(path) for row in chunk.rows]


def read(path: Path) -> list[Chunk]:
    return list(read_rows(path, recognise))


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def excel(path: Path, sheet: str, *, extra: dict[str, bytes] | None = None) -> Path:
    """A smallest workbook with this sheet data."""
    schemas = "http://schemas.openxmlformats.org"
    links = f"{schemas}/package/2006/relationships"
    office = f"{schemas}/officeDocument/2006/relationships"
    main = f"{schemas}/spreadsheetml/2006/main"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{schemas}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Orders" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{office}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, more in (extra or {}).items():
            archive.writestr(name, more)
    return path


def cells(number: int, values: list[str | float]) -> str:
    written = [
        f'<c r="{chr(65 + i)}{number}"><v>{value}</v></c>'
        if isinstance(value, float)
        else f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for i, value in enumerate(values)
    ]
    return f'<row r="{number}">{"".join(written)}</row>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_encoding_and_delimiter_is_read(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    text = end.join([delimiter.join(HEADER), delimiter.join(["1", "Tür", "2", "2.50", "2025-01-01"]), ""])
    assert rows(written(tmp_path / "f", text.encode(encoding))) == [("1", "Tür", "2", "2.50", "2025-01-01")]


def test_what_is_not_utf8_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "f", f"{','.join(HEADER)}\n1,Tür,2,2.50,2025-01-01\n".encode("cp1252"))
    assert read(path)[0].notes == (
        "1 lines are not UTF-8 (the first: 2): the file was read as Windows-1252, so look at accented letters and signs",
    )


def test_single_bad_lines_of_a_utf8_file_are_named(tmp_path: Path) -> None:
    good = "1,Tür,2,2.50,2025-01-01\n".encode()
    chunk = read(written(tmp_path / "f", ",".join(HEADER).encode() + b"\n" + good * 3 + b"2,T\xfcr,1,1,2025-01-01\n" + good))[0]
    assert len(chunk.rows) == 4
    assert [(line.number, line.because) for line in chunk.unread] == [(5, "the line holds bytes that are not UTF-8")]


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("2,A,1", "the line has fewer cells than the header"),
        ("2,A,1,1,2025-01-01,x", "the line has more cells than the header"),
        ('2,"A,1,1,2025-01-01', "the quotes of the line do not fit"),
        ('2,"A"b,1,1,2025-01-01', "the quotes of the line do not fit"),
        ("2,A\0,1,1,2025-01-01", "the line holds characters that are no text"),
        ("2," + "A" * 1_000_001 + ",1,1,2025-01-01", "the line has more than 1,000,000 characters"),
    ],
)
def test_a_broken_line_is_named_and_its_neighbours_go_on(tmp_path: Path, line: str, because: str) -> None:
    good = '1,"A, 7"" wide",2,2.50,2025-01-01\n'
    chunk = read(written(tmp_path / "f", f"{','.join(HEADER)}\n{good}{line}\n\n{good}{good}"))[0]
    assert [row[1] for row in chunk.rows] == ['A, 7" wide'] * 3
    assert chunk.numbers == (2, 5, 6)
    assert len(chunk.unread) == 1
    assert chunk.unread[0].number == 3
    assert chunk.unread[0].because.startswith(because)


def test_a_quoted_cell_may_run_over_lines_and_inches_are_not_quotes(tmp_path: Path) -> None:
    path = written(tmp_path / "f", f'{",".join(HEADER)}\n1,"A\nB",2,1,2025-01-01\n2,7" record,1,1,2025-01-01\n')
    assert [row[1] for row in rows(path)] == ["A\nB", '7" record']
    assert read(path)[0].numbers == (2, 4)


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (b"", "is empty"),
        (b"\n\n", "has no header line"),
        (b"\x00\x01\x02\x03", "no text"),
        (b"%PDF-1.7", "neither CSV, XLSX nor Parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old XLS"),
        (b"PK\x03\x04 broken", "damaged XLSX"),
        (b"PAR1 broken", "damaged Parquet"),
        (b"sku,qty\nA,1\n", "no column was recognised for order_no, unit_price, placed_at: the file's columns are 'sku', 'qty'"),
        (",".join(f"c{i}" for i in range(2_000)).encode() + b"\n", "has 2,000 columns, more than 1,000"),
        (b",".join([b"c"] * 1_000_000) + b"\n", "columns: no order file"),
    ],
    ids=["empty", "blank", "bytes", "pdf", "xls", "zip", "parquet", "columns", "wide", "a million columns"],
)
def test_what_is_no_order_file_is_refused_with_what_to_do(tmp_path: Path, content: bytes, because: str) -> None:
    with pytest.raises(BadFile, match=because):
        read(written(tmp_path / "f", content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        read(tmp_path / "none.csv")


def test_a_workbook_is_read_as_it_was_typed(tmp_path: Path) -> None:
    sheet = (
        cells(1, list(HEADER))
        + cells(2, [536365.0, "85123A", 6.0, 2.55, "2010-12-01 08:26:00"])
        + cells(4, ["2", "B", 1.0, 1.0, "x"])
    )
    chunk = read(excel(tmp_path / "f.xlsx", sheet))[0]
    assert chunk.rows == (("536365", "85123A", "6", "2.55", "2010-12-01 08:26:00"), ("2", "B", "1", "1", "x"))
    assert chunk.numbers == (2, 4)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = excel(tmp_path / "f.xlsx", cells(1, list(HEADER)), extra={"xl/media/zeros": bytes(50_000_000)})
    with pytest.raises(BadFile, match=r"^[^:]*f\.xlsx is refused as a zip bomb: its .* bytes would unpack to 50,00"):
        read(bomb)


def test_a_directory_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = excel(tmp_path / "f.xlsx", cells(1, list(HEADER)), extra={"xl/media/zeros": bytes(900_000)})
    raw = path.read_bytes()
    size = (900_000).to_bytes(4, "little")
    path.write_bytes(raw.replace(size, (9).to_bytes(4, "little")))
    with pytest.raises(BadFile, match="damaged XLSX"):
        read(path)


@pytest.mark.parametrize("packed", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_workbook_packed_as_no_workbook_is_refused(tmp_path: Path, packed: int) -> None:
    path = excel(tmp_path / "f.xlsx", cells(1, list(HEADER)))
    with zipfile.ZipFile(path, "a", packed) as archive:
        archive.writestr("xl/media/zeros", bytes(9_000))
    with pytest.raises(BadFile, match=r"f\.xlsx is a damaged XLSX workbook: its parts are packed as no"):
        read(path)


def test_a_workbook_with_names_that_are_no_text_is_refused(tmp_path: Path) -> None:
    path = excel(tmp_path / "f.xlsx", cells(1, list(HEADER)), extra={"xl/\u00e9.bin": b"1"})
    path.write_bytes(path.read_bytes().replace("\u00e9".encode(), b"\xff\xff"))
    with pytest.raises(BadFile, match="damaged XLSX"):
        read(path)


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    parts = {f"p{i}": b"" for i in range(workbook.MOST_PARTS)}
    with pytest.raises(BadFile, match="a workbook has a few dozen"):
        read(excel(tmp_path / "f.xlsx", cells(1, list(HEADER)), extra=parts))


@pytest.mark.parametrize(
    ("cell", "because"),
    [
        ('<c r="XFD9"><v>1</v></c>', "has 16,384 columns"),
        ('<c r="E1048576"><v>1</v></c>', "spans 5,242,880 cells and fills 6 of them"),
    ],
)
def test_a_sheet_that_would_fill_the_memory_with_nothing_is_refused(tmp_path: Path, cell: str, because: str) -> None:
    sheet = cells(1, list(HEADER)) + f'<row r="{1_048_576 if "1048576" in cell else 9}">{cell}</row>'
    with pytest.raises(BadFile, match=because):
        read(excel(tmp_path / "f.xlsx", sheet))


def test_a_parquet_file_is_read_as_it_was_typed(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "InvoiceNo": ["1", None],
            "StockCode": ["A", "B"],
            "Quantity": [6, -1],
            "InvoiceDate": ["2025-01-01 08:26"] * 2,
            "UnitPrice": [2.55, 0.001],
            "CustomerID": [17850.0, None],
        }
    )
    frame.with_columns(pl.col("InvoiceDate").str.to_datetime()).write_parquet(tmp_path / "f")
    (chunk,) = read(tmp_path / "f")
    found = [dict(zip(chunk.fields, row, strict=True)) for row in chunk.rows]
    assert found[0] == {
        "order_no": "1",
        "sku": "A",
        "quantity": "6",
        "unit_price": "2.55",
        "placed_at": "2025-01-01T08:26:00",
        "customer": "17850",
    }
    assert (found[1]["order_no"], found[1]["unit_price"], found[1]["customer"]) == ("", "0.001", "")


def test_a_parquet_column_of_lists_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"order": ["1"], "sku": [["A"]], "qty": [1], "price": [1.0], "date": ["2025-01-01"]})
    frame.write_parquet(tmp_path / "f")
    with pytest.raises(BadFile, match="holds List"):
        read(tmp_path / "f")


def test_a_broken_quote_costs_at_most_its_own_lines(tmp_path: Path) -> None:
    lines = [f"{i},A,1,1,2025-01-01" for i in range(100)]
    lines[50] = '50,"A,1,1,2025-01-01'
    chunk = read(written(tmp_path / "f", "\n".join([",".join(HEADER), *lines])))[0]
    assert (len(chunk.rows), len(chunk.unread)) == (99, 1)
    assert text_table.LONGEST_RECORD < 50

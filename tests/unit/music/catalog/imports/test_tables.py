"""Reading rows from files of each format."""

from pathlib import Path
from typing import Any

import pytest

from antiphon_music.catalog.imports.entry import Refused
from antiphon_music.catalog.imports.files import READERS
from antiphon_music.catalog.imports.table import Link, Row, Source, Unusable
from antiphon_music.catalog.imports.text import detect


def read(folder: Path, name: str, content: str | bytes) -> list[Row | Refused]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told: list[int] = []
    rows = list(READERS[path.suffix](Source(path, name, detect(path)), told.append))
    assert told[-1] == path.stat().st_size
    return rows


def cells(rows: list[Row | Refused]) -> list[dict[str, Any]]:
    return [row.cells for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_with_any_line_end_and_delimiter(tmp_path: Path, end: str, delimiter: str) -> None:
    lines = ["title,artist", '"a, b",c', "d,"]
    text = end.join(line.replace(",", delimiter) for line in lines) + end
    rows = read(tmp_path, "songs.csv", text)
    assert cells(rows) == [{"title": f"a{delimiter} b", "artist": "c"}, {"title": "d", "artist": ""}]
    assert [row.place for row in rows] == ["songs.csv, line 2", "songs.csv, line 3"]


def test_csv_passes_over_a_mark_and_empty_lines(tmp_path: Path) -> None:
    rows = read(tmp_path, "songs.csv", "title,artist\n\n a ,b\n,\n".encode("utf-8-sig"))
    assert cells(rows) == [{"title": " a ", "artist": "b"}]


def test_csv_with_a_line_end_within_quotes(tmp_path: Path) -> None:
    rows = read(tmp_path, "songs.csv", 'title,artist\n"a\nb",c\nd,e\n')
    assert cells(rows) == [{"title": "a\nb", "artist": "c"}, {"title": "d", "artist": "e"}]
    assert rows[1].place == "songs.csv, line 4"


def test_csv_with_too_many_cells_is_refused_and_with_too_few_is_not(tmp_path: Path) -> None:
    rows = read(tmp_path, "songs.csv", "title,artist\na,b,c\nd\n")
    assert isinstance(rows[0], Refused)
    assert rows[0].place == "songs.csv, line 2"
    assert "3 cells where the header has 2" in rows[0].reason
    assert cells(rows) == [{"title": "d"}]


def test_csv_with_a_quote_that_is_never_closed_is_refused_there(tmp_path: Path) -> None:
    rows = read(tmp_path, "songs.csv", 'title,artist\na,b\n"c,d\n' + "e,f\n" * 40_000)
    assert cells(rows[:1]) == [{"title": "a", "artist": "b"}]
    assert any(isinstance(row, Refused) and "quote" in row.reason for row in rows)


def test_an_empty_csv_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="empty"):
        read(tmp_path, "songs.csv", "\n\n")


@pytest.mark.parametrize(
    "content",
    [
        '[{"title": "a"}, {"title": "b", "year": 1}]',
        '{"total": 2, "songs": [{"title": "a"}, {"title": "b", "year": 1}]}',
    ],
)
def test_json_as_an_array_or_in_an_object(tmp_path: Path, content: str) -> None:
    assert cells(read(tmp_path, "songs.json", content)) == [{"title": "a"}, {"title": "b", "year": 1}]


@pytest.mark.parametrize("content", ["", "{", "7", '{"a": [], "b": []}', '{"title": "a"}\n{"title": "b"}\n'])
def test_other_json_cannot_be_used(tmp_path: Path, content: str) -> None:
    with pytest.raises(Unusable):
        read(tmp_path, "songs.json", content)


def test_json_items_that_are_no_objects_are_refused(tmp_path: Path) -> None:
    rows = read(tmp_path, "songs.json", '[{"title": "a"}, 7, null]')
    assert [row.place for row in rows if isinstance(row, Refused)] == [
        "songs.json, item 2",
        "songs.json, item 3",
    ]


def test_ndjson_refuses_broken_lines_alone(tmp_path: Path) -> None:
    rows = read(tmp_path, "songs.ndjson", '{"title": "a"}\n\n{"title"\n[1]\n{"title": "b"}\n')
    assert cells(rows) == [{"title": "a"}, {"title": "b"}]
    assert [row.place for row in rows if isinstance(row, Refused)] == [
        "songs.ndjson, line 3",
        "songs.ndjson, line 4",
    ]


MARKDOWN = """# A playlist

| No. | Title | Artist(s) | Length |
|---|:---|---|---:|
| 1 | [One](https://x.org/track/a1) | [X](https://a.org/artist/x), [Y](https://a.org/artist/y) | 3:01 |
| 2 | [Two | 2 \\\\ [live]](https://open.example.org/track/a2) | [Z](https://a.org/artist/z) | 53 |
| 3 | Three \\| plain | nobody | |
| 4 | short |

Some words | with a bar

| Title |
|---|
| [](https://example.org/track/a3) |
"""


def test_markdown_tables_with_links_bars_and_escapes(tmp_path: Path) -> None:
    rows = read(tmp_path, "list.md", MARKDOWN)
    assert cells(rows) == [
        {
            "No.": "1",
            "Title": [Link("One", "https://x.org/track/a1")],
            "Artist(s)": [
                Link("X", "https://a.org/artist/x"),
                Link("Y", "https://a.org/artist/y"),
            ],
            "Length": "3:01",
        },
        {
            "No.": "2",
            "Title": [Link("Two | 2 \\ [live]", "https://open.example.org/track/a2")],
            "Artist(s)": [Link("Z", "https://a.org/artist/z")],
            "Length": "53",
        },
        {"No.": "3", "Title": "Three | plain", "Artist(s)": "nobody", "Length": ""},
        {"Title": [Link("", "https://example.org/track/a3")]},
    ]
    assert [(row.place, row.reason) for row in rows if isinstance(row, Refused)] == [
        ("list.md, line 8", "has 2 cells where the table's header has 4")
    ]

"""Forms with files in them, however they are cut on their way."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon_music.catalog.uploads.multipart import LONGEST_HEAD, Broken, Head, Multipart

KIND = "multipart/form-data; boundary=----x7"


def form(*parts: tuple[str, bytes], end: bytes = b"--\r\n") -> bytes:
    told = b"".join(b"------x7\r\n%b\r\n\r\n%b\r\n" % (head.encode(), body) for head, body in parts)
    return told + b"------x7" + end


def file(filename: str, body: bytes, name: str = "table") -> tuple[str, bytes]:
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: text/csv'
    return head, body


def read(data: bytes, cuts: list[int], kind: str = KIND) -> list[tuple[Head, bytes]]:
    """The parts of a form that comes in pieces."""
    parts: list[tuple[Head, bytes]] = []
    reader = Multipart(kind)
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(places):
        for each in reader.feed(data[start:end]):
            if isinstance(each, Head):
                parts.append((each, b""))
            else:
                parts[-1] = (parts[-1][0], parts[-1][1] + each)
    if not reader.over:
        raise Broken("The form ends too early.")
    return parts


@given(
    st.binary(max_size=200) | st.sampled_from([b"\r\n------x", b"\r\n--", b"--\r\n\r\n", b"a\r\n"]),
    st.lists(st.integers(0, 2000), max_size=30),
)
@example(b"", [])
def test_the_file_arrives_as_it_was_however_it_was_cut(body: bytes, cuts: list[int]) -> None:
    other = ('Content-Disposition: form-data; name="_next"', b"/imports")
    data = b"before\r\n" + form(other, file("songs.csv", body)) + b"after"
    assert read(data, cuts) == [
        (Head("_next", None), b"/imports"),
        (Head("table", "songs.csv"), body),
    ]


@given(st.lists(st.integers(0, 100_000), max_size=50))
def test_no_more_is_kept_than_a_boundary(cuts: list[int]) -> None:
    reader = Multipart(KIND)
    data = form(file("x.csv", b"row\r\n" * 20_000))
    places = sorted({0, *cuts, len(data)})
    for start, end in pairwise(places):
        sum(len(each) for each in reader.feed(data[start:end]) if isinstance(each, bytes))
        assert len(reader._kept) < LONGEST_HEAD


def test_names_are_as_browsers_write_them() -> None:
    ((head, _),) = read(form(file("J\u00f3ga %22live%22.csv", b"")), [])
    assert head.filename == 'Jóga "live".csv'
    ((head, _),) = read(form(file("", b"")), [], 'Multipart/Form-Data; charset=utf-8; boundary="----x7"')
    assert head.filename == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends too early"),
        (form(file("x", b"y"), end=b""), "ends too early"),
        (form(file("x", b"y"))[:-30], "ends too early"),
        (form(file("x", b"y"), end=b"zz"), "neither a part nor the end"),
        (form(("Content-Type: text/plain", b"y")), "no name"),
        (form(*[file("x", b"")] * 21), "more than 20 parts"),
        (b"------x7\r\n" + b"x" * (LONGEST_HEAD + 10), "too long"),
    ],
)
def test_what_is_no_form_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Broken, match=words):
        read(data, [7])


@pytest.mark.parametrize("kind", ["", "text/csv", "multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_needs_a_boundary(kind: str) -> None:
    with pytest.raises(Broken, match="no boundary"):
        Multipart(kind)

"""The parser of event streams, by the HTML Living Standard, 9.2.6, however the bytes are cut."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.client.event_stream import Frame, Parser

NO_LINE_ENDS = st.characters(codec="utf-8", exclude_characters="\r\n")
FIELD = st.one_of(
    st.builds("data:{}".format, st.text(NO_LINE_ENDS, max_size=20)),
    st.builds("data: {}".format, st.text(NO_LINE_ENDS, max_size=20)),
    st.builds("event: {}".format, st.sampled_from(["added", "changed", "", "é"])),
    st.builds("id: {}".format, st.sampled_from(["p-1", "p-2", "", "a\0b"])),
    st.builds("retry:{}".format, st.sampled_from(["250", "2.5", "-1", "soon", "٣"])),
    st.builds(":{}".format, st.text(NO_LINE_ENDS, max_size=20)),
    st.sampled_from(["data", "id", "event", "retry", "unknown: x", "Data: x", " data: x", "﻿data: x"]),
    st.just(""),
)
LINES = st.lists(st.tuples(FIELD, st.sampled_from(["\n", "\r", "\r\n"])), max_size=30)


def parse(*pieces: bytes) -> list[Frame]:
    parser = Parser()
    return [frame for piece in pieces for frame in parser.feed(piece)]


def by_the_letter(stream: str) -> tuple[list[Frame], float | None]:
    """The standard's steps over a whole stream, with nothing clever in them."""
    frames: list[Frame] = []
    retry = None
    kind, data, id = "", "", None
    had_data = False
    *lines, _ = re.split("\r\n|\n|\r", stream.removeprefix("﻿"))
    for line in lines:
        if line == "":
            if had_data or id is not None:
                frames.append(Frame(kind, data.removesuffix("\n").encode(), id))
            kind, data, id, had_data = "", "", None, False
            continue
        if line.startswith(":"):
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            had_data = True
            data += value + "\n"
        elif name == "id" and "\0" not in value:
            id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            retry = int(value) / 1000
    return frames, retry


@given(LINES, st.lists(st.integers(0, 400), max_size=12), st.booleans())
@example([("data: a", "\r\n"), ("", "\r\n")], list(range(40)), False)
def test_frames_are_those_of_the_standard_wherever_the_bytes_are_cut(
    lines: list[tuple[str, str]], cuts: list[int], marked: bool
) -> None:
    stream = ("﻿" if marked else "") + "".join(line + end for line, end in lines)
    data = stream.encode()
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    parser = Parser()
    found = [frame for start, end in pairwise(places) for frame in parser.feed(data[start:end])]
    assert (found, parser.retry_seconds) == by_the_letter(stream)


def test_a_stream_cut_at_every_byte_is_the_same() -> None:
    stream = (
        'event: added\r\nid: p-7\r\ndata: {"title":\r\ndata: "é\u2028"}\r\n\r\n: hm\r\rid: p-8\n\n'.encode()
    )
    whole = parse(stream)
    assert whole == [
        Frame("added", '{"title":\n"é\u2028"}'.encode(), "p-7"),
        Frame("", b"", "p-8"),
    ]
    assert parse(*(bytes([each]) for each in stream)) == whole


@pytest.mark.parametrize("letter", ["\u2028", "\u2029", "\u0085", "\v", "\f", "\x1c", "\x1d", "\x1e"])
def test_a_line_ends_at_nothing_but_cr_and_lf(letter: str) -> None:
    (frame,) = parse(f"data: a{letter}b\n\n".encode())
    assert frame.data == f"a{letter}b".encode()


@pytest.mark.parametrize(
    "stream", [b"data: whole\n\ndata: half\n", b"data: whole\n\ndata: half", b"data: whole\n\nid: 9\n"]
)
def test_what_the_stream_ends_within_is_not_told(stream: bytes) -> None:
    assert [frame.data for frame in parse(stream)] == [b"whole"]


def test_the_time_to_stay_away_is_taken_up() -> None:
    parser = Parser()
    assert parser.retry_seconds is None
    assert list(parser.feed(b"retry: 1500\n\n")) == []
    assert parser.retry_seconds == 1.5


def test_a_long_line_in_small_pieces_takes_time_by_its_length_alone() -> None:
    parser = Parser()
    pieces = [b"data: "] + [b"x" * 100] * 50_000 + [b"\n\n"]
    (frame,) = (frame for piece in pieces for frame in parser.feed(piece))
    assert len(frame.data) == 5_000_000

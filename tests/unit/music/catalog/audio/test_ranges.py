"""Range headers, by RFC 9110, section 14."""

import pytest

from antiphon_music.catalog.audio.ranges import Unsatisfiable, asked_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=10-", (10, 1000)),
        ("bytes=-10", (990, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=990-5000", (990, 1000)),
        ("Bytes = 0-9", (0, 10)),
        (None, None),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=a-b", None),
        ("lines=0-9", None),
        ("bytes=0-9,20-29", None),
        ("bytes=0-" + "9" * 200, None),
    ],
)
def test_what_is_asked_for(header: str | None, expected: tuple[int, int] | None) -> None:
    assert asked_range(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_what_is_not_there(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_range(header, 1000)

"""Lengths and years as people write them."""

from typing import Any

import pytest

from antiphon_music.catalog.imports import values


@pytest.mark.parametrize(
    ("cell", "column", "expected"),
    [
        ("225", "length", 225.0),
        ("225.5", "length", 225.5),
        ("225,5", "length", 225.5),
        (225, "length", 225.0),
        ("3:45", "length", 225.0),
        ("03:45.5", "length", 225.5),
        ("1:02:03", "length", 3723.0),
        ("0:53", "length", 53.0),
        ("PT3M45S", "length", 225.0),
        ("225000", "duration_ms", 225.0),
        (343719, "Milliseconds", 343.719),
        ("3:45", "duration_ms", 225.0),
        ("225", "items", 225.0),
        ("", "length", None),
        (None, "length", None),
    ],
)
def test_lengths(cell: Any, column: str, expected: float | None) -> None:
    assert values.seconds(cell, column) == expected


@pytest.mark.parametrize("cell", ["abc", "-5", "nan", "inf", "1e9", "3:4:5:6", "PT"])
def test_what_is_no_length(cell: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        values.seconds(cell, "length")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1999", 1999),
        (1999, 1999),
        ("1999-12-31", 1999),
        ("31 Dec 1999", 1999),
        ("1999.0", 1999),
        ("", None),
        (None, None),
        ("0", None),
        ("2012-12-15T00:00:00Z", 2012),
    ],
)
def test_years(cell: Any, expected: int | None) -> None:
    assert values.year(cell) == expected


@pytest.mark.parametrize("cell", ["SONGFACTS.COM", "99", "19991", "3999"])
def test_what_is_no_year(cell: str) -> None:
    with pytest.raises(ValueError, match="no year"):
        values.year(cell)


def test_texts_numbers_and_firsts() -> None:
    assert values.text({"name": " X ", "id": 1}) == "X"
    assert values.text(["a", "b"]) == "a"
    assert values.text(True) == ""
    assert values.number("3/12") == 3
    assert values.number("A") is None
    assert values.first("Electronic, Funk / Soul") == "Electronic"
    assert values.first("Sci Fi & Fantasy") == "Sci Fi & Fantasy"

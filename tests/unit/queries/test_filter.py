"""Filters as values: folding of what is compared, and telling filters apart."""

from typing import Any

import pytest
from tests.unit.queries.songs import SONGS

from antiphon.queries import EVERYTHING, And, Compare, Filter, Or, identity


def compare(name: str, operator: Any, value: Any) -> Compare:
    return Compare(SONGS.by_name[name], operator, value)


@pytest.mark.parametrize(
    ("term", "folded"),
    [
        (compare("genre", "eq", "Éxótica"), "exotica"),
        (compare("genre", "in", ("JAZZ", None, "ß")), ("jazz", None, "ss")),
        (compare("genre", "eq", None), None),
        (compare("genre", "null", True), True),
        (compare("title", "eq", "Éxótica"), "Éxótica"),
        (compare("title", "in", ("JAZZ",)), ("JAZZ",)),
        (compare("year", "gt", 5), 5),
    ],
)
def test_values_are_folded_where_the_field_is(term: Compare, folded: Any) -> None:
    assert term.folded == folded


def test_filters_are_alike_when_they_are_written_alike() -> None:
    filters: list[Filter] = [
        EVERYTHING,
        Or(),
        compare("year", "eq", 1),
        compare("year", "ne", 1),
        compare("year", "eq", 2),
        compare("revision", "eq", 1),
        compare("year", "in", (1,)),
        compare("year", "null", True),
        And((compare("year", "eq", 1),)),
        Or((compare("year", "eq", 1),)),
        And((compare("year", "eq", 1), compare("live", "eq", True))),
        And((compare("live", "eq", True), compare("year", "eq", 1))),
    ]
    assert len({identity(each) for each in filters}) == len(filters)
    assert identity(And((compare("year", "in", (1, 2)),))) == identity(And((compare("year", "in", (1, 2)),)))

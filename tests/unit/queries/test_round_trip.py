"""Whatever filter is written as a URL is read as it was meant, whatever letters its values have."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.queries.songs import SONGS, parse

from antiphon.queries import And, Compare, Filter, Or

TEXTS = st.text('"\\(),=[]a b&+%#é\n', max_size=6) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXTS,
    "genre": TEXTS,
    "year": st.integers(-(2**63), 2**63 - 1),
    "length": st.floats(allow_nan=False, allow_infinity=False),
    "live": st.booleans(),
    "released": st.dates(),
    "played": st.datetimes().map(lambda time: time.replace(tzinfo=UTC, fold=0)),
}


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    name = draw(st.sampled_from(sorted(VALUES)))
    operators = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "null"]
    if SONGS.by_name[name].kind == "text":
        operators += ["contains", "startswith"]
    operator: Any = draw(st.sampled_from(operators))
    if operator == "null":
        return Compare(SONGS.by_name[name], operator, draw(st.booleans()))
    if operator == "in":
        return Compare(
            SONGS.by_name[name], operator, tuple(draw(st.lists(VALUES[name], min_size=1, max_size=3)))
        )
    return Compare(SONGS.by_name[name], operator, draw(VALUES[name]))


def grouped(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    terms = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(And, terms) | st.builds(Or, terms)


GROUPS = st.recursive(comparisons(), grouped, max_leaves=6)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def quoted(value: Any) -> str:
    return '"' + text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(filter: Filter, *, within: bool) -> tuple[str, str]:
    """A filter as the two sides of an equals sign; `within` a group, where texts are quoted."""
    if isinstance(filter, Compare):
        name = f"{filter.field.name}[{filter.operator}]"
        if filter.operator == "in":
            return name, "(" + ",".join(quoted(value) for value in filter.value) + ")"
        return name, quoted(filter.value) if within and filter.operator != "null" else text(filter.value)
    terms = ("=".join(written(term, within=True)) for term in filter.terms)
    return type(filter).__name__.lower(), "(" + ",".join(terms) + ")"


def depth(filter: Filter) -> int:
    return 0 if isinstance(filter, Compare) else 1 + max(map(depth, filter.terms))


@settings(max_examples=200, deadline=None)
@given(st.lists(GROUPS.filter(lambda group: depth(group) <= 5), min_size=1, max_size=3))
def test_what_is_written_is_read(filters: list[Filter]) -> None:
    sides = [written(filter, within=False) for filter in filters]
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in sides)
    assert parse(query).filter == (filters[0] if len(filters) == 1 else And(tuple(filters)))

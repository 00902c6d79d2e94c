"""Hostile queries: refused by name and in little time, and never with another error."""

import time
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.queries.songs import SONGS, Song, parse

from antiphon.errors import InvalidQuery, Problem
from antiphon.queries import (
    OPERATORS,
    Query,
)


def refused(query: str | bytes, *, terms: int = 100) -> InvalidQuery:
    with pytest.raises(InvalidQuery) as caught:
        parse(query, terms=terms)
    assert caught.value.hint
    assert len(caught.value.detail) < 400
    return caught.value


@pytest.mark.parametrize("name", ["x" * 100_000, "genre[" + "x" * 100_000 + "]", "x y" * 30_000])
def test_a_long_name_is_refused_at_once_and_cut(name: str) -> None:
    started = time.thread_time()
    assert len(refused(f"{name}=1").detail) < 200
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("year=1&year=2&year=3", 3),
        ("year[in]=1,2,3", 3),
        ("or=(year=1,year[in]=(2,3))", 3),
        ("or=(year=1,and=(year=2,year=3))", 3),
        ("year[null]=true&title=a&or=(live=true)", 3),
        ("order=title&limit=1&fields=title&title=a", 1),
        ("", 0),
    ],
)
def test_terms_are_counted_wherever_they_stand(query: str, count: int) -> None:
    parse(query, terms=count)
    if count:
        assert f"more than {count - 1} " in refused(query, terms=count - 1).detail


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["year=1"] * 1_000_000),
        "&" * 5_000_000,
        "year[in]=" + ",".join(["1"] * 1_000_000),
        "or=(" + ",".join(["year=1"] * 1_000_000) + ")",
        "or=(" + "(" * 1_000_000 + ")",
        "or=(" + "or=(" * 1_000_000,
        "or=(" + "or=(" * 1_000_000 + ")" * 1_000_001,
        "or=(" + "," * 1_000_000 + ")",
        "or=(or=(or=(or=(or=(" + "year=1," * 1_000_000 + "year=1)))))",
        'or=(title="' + '\\"' * 2_000_000,
        "order=" + "," * 1_000_000,
        "order=" + "title," * 1_000_000,
        "fields=" + "titel," * 1_000_000,
    ],
    ids=lambda query: query[:16],
)
def test_a_million_terms_are_refused_cheaply(query: str) -> None:
    raw = query.encode()
    started = time.thread_time()
    refused(raw)
    assert time.thread_time() - started < 1.5


def group(name: str, terms: list[str]) -> str:
    return f"{name}=({','.join(terms)})"


NAMES = st.sampled_from(
    [*SONGS.by_name, "or", "and", "order", "limit", "after", "fields", "from", "titel", ""]
)
TEXTS = st.text(max_size=8) | st.text('()",=\\[]a1-', max_size=20)
VALUES = st.sampled_from(["1", "1.5", "true", "1959-05-04", "2026-01-31T12:00:00Z", "title", "jazz"]) | TEXTS
OPERATOR = st.sampled_from(["", *(f"[{operator}]" for operator in (*OPERATORS, "", "x"))])
TERMS = st.builds("{}{}={}".format, NAMES, OPERATOR, VALUES)
GROUPS = st.recursive(TERMS, lambda inner: st.builds(group, NAMES, st.lists(inner)), max_leaves=5)


def answer(query: str | bytes) -> Query[Song] | Problem:
    try:
        return parse(query)
    except Problem as problem:
        return problem


@given(st.lists(GROUPS, max_size=4))
@example(["after="])
def test_nothing_but_a_problem_comes_of_any_words(parts: list[str]) -> None:
    words = (part.partition("=") for part in parts)
    found = answer(urlencode([(name, value) for name, _, value in words], errors="surrogatepass"))
    if isinstance(found, Problem):
        assert found.status == 400
        assert found.hint
    else:
        assert found.order[-1].field.name == "id"


@given(st.binary(max_size=60))
def test_nothing_but_a_problem_comes_of_any_bytes(query: bytes) -> None:
    found = answer(query)
    assert not isinstance(found, Problem) or found.status == 400

"""Defaults: what a resource declares holds wherever a URL says nothing of the same field or of the order."""

from typing import Any

import pytest

from antiphon import Application, Resource, field
from antiphon.descriptions import openapi
from antiphon.errors import DeclarationError
from antiphon.queries import Compare, Filter, Or, Query, decode_cursor, encode_cursor, order_text, parse_query
from antiphon.resources import declare
from antiphon.settings import Settings


class Chart(Resource, path="/chart"):
    title: str
    window: str = "all"
    genre: str | None = None
    plays: int = 0
    secret: str = field(default="", hidden=True)

    defaults = "window=all&genre[null]=true&order=-plays"


CHART = declare(Chart)


def parse(query: str, *, stream: bool = False) -> Query[Chart]:
    return parse_query(
        CHART,
        query.encode(),
        default_limit=None if stream else 50,
        max_limit=1000,
        max_terms=3,
        stream=stream,
    )


def comparisons(filter: Filter) -> set[tuple[str, str, Any]]:
    if isinstance(filter, Compare):
        return {(filter.field.name, filter.operator, filter.value)}
    return {each for term in filter.terms for each in comparisons(term)}


ALL = ("window", "eq", "all")
ANY_GENRE = ("genre", "null", True)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("", {ALL, ANY_GENRE}),
        ("limit=3&fields=title", {ALL, ANY_GENRE}),
        ("window=7d", {("window", "eq", "7d"), ANY_GENRE}),
        ("window[ne]=7d", {("window", "ne", "7d"), ANY_GENRE}),
        ("genre=Jazz", {ALL, ("genre", "eq", "Jazz")}),
        ("genre[null]=false", {ALL, ("genre", "null", False)}),
        ("title=x", {("title", "eq", "x"), ALL, ANY_GENRE}),
        ("or=(window=7d,title=x)", {("window", "eq", "7d"), ("title", "eq", "x"), ANY_GENRE}),
        (
            "and=(or=(genre=a,title=b),window=1d)",
            {("window", "eq", "1d"), ("genre", "eq", "a"), ("title", "eq", "b")},
        ),
    ],
)
def test_what_a_url_compares_replaces_the_default_of_the_field_alone(query: str, meant: set[Any]) -> None:
    assert comparisons(parse(query).filter) == meant


def test_a_default_does_not_widen_what_the_url_says() -> None:
    found = parse("or=(title=a,title=b)").filter
    assert isinstance(found.terms[0], Or)  # type: ignore[union-attr]
    assert len(found.terms) == 3  # type: ignore[union-attr]


def test_defaults_do_not_count_against_the_terms_a_url_may_have() -> None:
    assert len(comparisons(parse("title=a&title=b&title=c").filter)) == 5


@pytest.mark.parametrize(
    ("query", "stream", "order"),
    [
        ("", False, "-plays,id"),
        ("order=title", False, "title,id"),
        ("order=", False, "id"),
        ("", True, "id"),
        ("limit=10", True, "-plays,id"),
        ("order=title&limit=10", True, "title,id"),
        ("order=title", True, "title,id"),
    ],
)
def test_the_order_is_the_default_wherever_there_can_be_one(query: str, stream: bool, order: str) -> None:
    assert order_text(parse(query, stream=stream).order) == order


def test_a_cursor_of_the_default_order_is_good_without_naming_it() -> None:
    order = parse("").order
    cursor = encode_cursor(order, (7, "x"))
    assert parse(f"after={cursor}").after == decode_cursor(cursor, order) == (7, "x")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (3, "defaults is 3"),
        ("windw=all", "no field 'windw'"),
        ("plays=many", "plays has the value 'many'"),
        ("plays[about]=3", "unknown operator [about]"),
        ("secret=x", "no field 'secret'"),
        ("order=-play", "no field 'play'"),
        ("order=plays&order=title", "`order` is there twice"),
        ("limit=10", "'limit' cannot be a default"),
        ("after=x", "'after' cannot be a default"),
        ("from=now", "'from' cannot be a default"),
        ("fields=title", "'fields' cannot be a default"),
        ("or=(plays=1,plays=2)", "'or' cannot be a default"),
    ],
)
def test_a_default_that_cannot_work_stops_the_start(text: Any, detail: str) -> None:
    class Listed(Resource):
        title: str = ""
        plays: int = 0
        secret: str = field(default="", hidden=True)

        defaults = text

    with pytest.raises(DeclarationError) as caught:
        Application(Listed)
    assert detail in caught.value.detail
    assert caught.value.detail.startswith("Listed.defaults is ")
    assert caught.value.hint


def test_the_description_tells_the_defaults() -> None:
    document = openapi((CHART,), title="T", version="1", settings=Settings())
    parameters = document["components"]["parameters"]
    assert parameters["chart.window"]["schema"]["default"] == "all"
    assert parameters["chart.genre.null"]["schema"]["default"] is True
    assert "by default" in parameters["chart.window"]["description"]
    assert "default" not in parameters["chart.genre"]["schema"]
    assert "`-plays,id`" in parameters["chart.order"]["description"]

"""The URL's grammar: what each form means, and that all else is refused by name, and cheaply."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.queries.songs import SONGS, Song, asked, parse

from antiphon.errors import InvalidCursor, InvalidQuery
from antiphon.queries import (
    OPERATORS,
    And,
    Compare,
    Filter,
    Key,
    Or,
    Query,
    encode_cursor,
    pairs,
    parse_limit,
    parse_query,
)


def compare(name: str, operator: Any, value: Any) -> Compare:
    return Compare(SONGS.by_name[name], operator, value)


def refused(query: str | bytes, *, terms: int = 100) -> InvalidQuery:
    with pytest.raises(InvalidQuery) as caught:
        parse(query, terms=terms)
    assert caught.value.hint
    assert len(caught.value.detail) < 400
    return caught.value


def ordered(query: Query[Song]) -> list[str]:
    return [("-" if term.descending else "") + term.field.name for term in query.order]


def test_nothing_asks_for_the_first_page_by_id() -> None:
    query = parse("")
    assert query.declaration is SONGS
    assert query.filter == And()
    assert ordered(query) == ["id"]
    assert (query.limit, query.after, query.fields, query.ordered) == (50, None, None, False)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("genre=jazz", compare("genre", "eq", "jazz")),
        ("genre=", compare("genre", "eq", "")),
        ("genre", compare("genre", "eq", "")),
        ("genre[eq]=jazz", compare("genre", "eq", "jazz")),
        ("genre[ne]=jazz", compare("genre", "ne", "jazz")),
        ("year[lt]=1960", compare("year", "lt", 1960)),
        ("year[lte]=1960", compare("year", "lte", 1960)),
        ("length[gt]=1.5", compare("length", "gt", 1.5)),
        ("length[gte]=1.5", compare("length", "gte", 1.5)),
        ("live=true", compare("live", "eq", True)),
        ("released[lt]=1960-01-01", compare("released", "lt", date(1960, 1, 1))),
        (
            "played[gte]=2026-01-31T14:00:00%2B02:00",
            compare("played", "gte", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ),
        ("title[contains]=a%26b", compare("title", "contains", "a&b")),
        ("title[startswith]=a+b", compare("title", "startswith", "a b")),
        ("title%5Bstartswith%5D=a", compare("title", "startswith", "a")),
        ("tags[null]=true", compare("tags", "null", True)),
        ("year[null]=false", compare("year", "null", False)),
        ("year[in]=1,2,3", compare("year", "in", (1, 2, 3))),
        ("year[in]=(1,2,3)", compare("year", "in", (1, 2, 3))),
        ("title[in]=", compare("title", "in", ("",))),
        ('title[in]=a,"b,c","(","d\\"e\\\\"', compare("title", "in", ("a", "b,c", "(", 'd"e\\'))),
        ("title[in]=a (b),c", compare("title", "in", ("a (b)", "c"))),
        ('title="a,b"', compare("title", "eq", '"a,b"')),
        ("title=a,b(", compare("title", "eq", "a,b(")),
        ("id=x&revision[gt]=5", And((compare("id", "eq", "x"), compare("revision", "gt", 5)))),
        ("genre=a&genre=b", And((compare("genre", "eq", "a"), compare("genre", "eq", "b")))),
        ("or=(year=1,year=2)", Or((compare("year", "eq", 1), compare("year", "eq", 2)))),
        ("and=(year=1)", And((compare("year", "eq", 1),))),
        (
            "or=(year=1,and=(live=true,or=(genre=a,genre[null]=true)))&live=false",
            And(
                (
                    Or(
                        (
                            compare("year", "eq", 1),
                            And(
                                (
                                    compare("live", "eq", True),
                                    Or((compare("genre", "eq", "a"), compare("genre", "null", True))),
                                )
                            ),
                        )
                    ),
                    compare("live", "eq", False),
                )
            ),
        ),
        (
            'or=(title="a, (b)",title=c "d",title[in]=("x,y",z),title=)',
            Or(
                (
                    compare("title", "eq", "a, (b)"),
                    compare("title", "eq", 'c "d"'),
                    compare("title", "in", ("x,y", "z")),
                    compare("title", "eq", ""),
                )
            ),
        ),
        ('or=(title="a\\\nb")', Or((compare("title", "eq", "a\nb"),))),
        ("or=(title=f(x, y))", Or((compare("title", "eq", "f(x, y)"),))),
    ],
)
def test_each_form_means_one_filter(query: str, meant: Filter) -> None:
    assert parse(query).filter == meant


def test_every_operator_is_understood_and_documented_by_its_name() -> None:
    assert OPERATORS == ("eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "startswith", "null")
    for operator in OPERATORS:
        value = "true" if operator == "null" else "a"
        found = parse(f"title[{operator}]={value}").filter
        assert isinstance(found, Compare)
        assert found.operator == operator


def test_a_value_may_be_any_text() -> None:
    for text in ("Ünïcødé 🎷", "\U0010ffff", "a=b&c=d#e%f+g", "\n\t", " ", "💥" * 100):
        assert asked(title=text).filter == compare("title", "eq", text)
        inside = text.replace("\\", "\\\\").replace('"', '\\"')
        assert asked(**{"or": f'(title="{inside}")'}).filter == Or((compare("title", "eq", text),))


@pytest.mark.parametrize(
    ("query", "said", "hint"),
    [
        ("gerne=jazz", "no field 'gerne'", "Did you mean 'genre'?"),
        ("limt=5", "no field 'limt'", "Did you mean 'limit'?"),
        ("oder=title", "no field 'oder'", "Did you mean 'order'?"),
        ("Genre=jazz", "no field 'Genre'", "'genre'"),
        ("genre[lk]=jazz", "unknown operator [lk]", "Known: eq, ne"),
        ("genre[startwith]=jazz", "unknown operator [startwith]", "'startswith'"),
        ("genre[]=jazz", "unknown operator []", "Known"),
        ("genre[ne=jazz", "'genre[ne'", "field[operator]=value"),
        ("genre]=jazz", "'genre]'", "field[operator]=value"),
        ("genre.ne=jazz", "'genre.ne'", "field[operator]=value"),
        ("=jazz", "''", "field=value"),
        ("genre%00=jazz", "genre", "field=value"),
        ("order=titel", "no field 'titel'", "'title'"),
        ("order=-", "no field ''", "Known"),
        ("order=title,,year", "no field ''", "Known"),
        ("order=tags", "tags is kept as JSON", "another field"),
        ("order=title,-title", "twice", "once"),
        ("fields=titel", "no field 'titel'", "'title'"),
        ("fields=", "no field ''", "Known"),
        ("limit=0", "'0'", "from 1 to 1000"),
        ("limit=1001", "'1001'", "from 1 to 1000"),
        ("limit=-1", "'-1'", "from 1 to 1000"),
        ("limit=", "''", "from 1 to 1000"),
        ("limit=5.0", "'5.0'", "from 1 to 1000"),
        ("limit=%D9%A3", "'٣'", "from 1 to 1000"),
        ("limit=" + "1" * 5000, "'1111", "from 1 to 1000"),
        ("limit=1&limit=2", "`limit` is there twice", "once"),
        ("order=title&order=year", "`order` is there twice", "once"),
        ("fields=title&fields=year", "`fields` is there twice", "once"),
        ("after=a&after=b", "`after` is there twice", "once"),
        ("year=nineteen", "'nineteen'", "integer"),
        ("year[in]=1,x", "'x'", "integer"),
        ("year[null]=1", "'1'", "true or false"),
        ("year[contains]=1", "[contains] does not apply to year", "texts"),
        ("released[startswith]=1959", "[startswith] does not apply to released", "texts"),
        ("tags=a", "tags is kept as JSON", "[null]"),
        ("tags[contains]=a", "tags is kept as JSON", "[null]"),
        ("or=year=1", "'year=1'", "or=(a=1"),
        ("or=", "''", "or=(a=1"),
        ("or=()", "'' in or has no value", "field=value"),
        ("or=(year)", "'year' in or has no value", "field=value"),
        ("or=(year=1,)", "'' in or", "field=value"),
        ("and=(xyz=1)", "no field 'xyz'", "Known"),
        ("or=(limit=1)", "no field 'limit'", "Known"),
        ("or=(year=1))", "do not match", "Quote"),
        ("or=((year=1)", "do not match", "Quote"),
        ("or=(year=1),(year=2)", "do not match", "Quote"),
        ("or=(title=a),title=(b)", "do not match", "Quote"),
        ('or=(title="a)', "do not match", "Quote"),
        ('or=(title="a\\")', "do not match", "Quote"),
        ("title[in]=(a),(b)", "do not match", "Quote"),
        ("title[in]=(a", "do not match", "Quote"),
        ("or=(" * 6 + "year=1" + ")" * 6, "deeper than 5", "flatter"),
        (b"title=%FF", "not UTF-8", "Percent-encode UTF-8"),
        (b"title=\xff", "not UTF-8", "Percent-encode UTF-8"),
        (b"title=%ED%A0%80", "not UTF-8", "Percent-encode UTF-8"),
        (b"%C0%80=1", "not UTF-8", "Percent-encode UTF-8"),
        ("title=a%00b", "not valid text", "U+0000"),
    ],
)
def test_what_is_not_understood_is_named_with_a_remedy(query: str | bytes, said: str, hint: str) -> None:
    problem = refused(query)
    assert said in problem.detail
    assert hint in problem.hint


def test_groups_may_be_nested_five_deep() -> None:
    found: Any = parse("or=(" * 5 + "year=1" + ")" * 5).filter
    for _ in range(5):
        found = found.terms[0]
    assert found == compare("year", "eq", 1)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("order=title", ["title", "id"]),
        ("order=-year,title", ["-year", "title", "id"]),
        ("order=", ["id"]),
        ("order=-id", ["-id"]),
        ("order=year,id,title", ["year", "id"]),
        ("order=revision", ["revision", "id"]),
    ],
)
def test_an_order_ends_with_the_id(query: str, names: list[str]) -> None:
    query_ = parse(query)
    assert ordered(query_) == names
    assert query_.ordered == (names != ["id"])


def test_the_rest_of_a_page() -> None:
    query = parse("limit=7&fields=title,year,title&from=anything&live=true", stream=True)
    assert (query.limit, query.fields) == (7, ("title", "year", "title"))
    assert query.filter == compare("live", "eq", True)
    assert parse_query(SONGS, b"", default_limit=None, max_limit=1, max_terms=1).limit is None


@pytest.mark.parametrize("query", ["from=x", "%66rom=x", "live=true&from="])
def test_what_is_no_stream_starts_nowhere(query: str) -> None:
    with pytest.raises(InvalidQuery, match="`from` is for streams"):
        parse(query)


def test_a_cursor_continues_its_order_wherever_it_stands() -> None:
    song = Song(id="a", title="x", genre="Été", year=None)
    order = parse("order=genre,-year").order
    cursor = encode_cursor(order, Key(order)(song))
    for query in (f"after={cursor}&order=genre,-year", f"order=genre,-year&after={quote(cursor)}"):
        assert parse(query).after == ("ete", None, "a")
    for query in (f"after={cursor}", f"order=genre&after={cursor}", f"order=-genre,-year&after={cursor}"):
        with pytest.raises(InvalidCursor):
            parse(query)


def test_pairs_are_in_order_and_bounded() -> None:
    assert pairs(b"a=1&b=2&a=&c") == [("a", "1"), ("b", "2"), ("a", ""), ("c", "")]
    assert pairs(b"a=1&b=2", 2) == [("a", "1"), ("b", "2")]
    with pytest.raises(InvalidQuery, match="more than 1 "):
        pairs(b"a=1&b=2", 1)


def test_a_limit_is_a_plain_number() -> None:
    assert parse_limit("1", 1) == 1
    for text in ("2", "0", "+1", "1 ", "", "x", "²", "1" * 10_000):
        with pytest.raises(InvalidQuery):
            parse_limit(text, 1)

"""The URL's grammar: `genre=jazz&length[gte]=180&or=(year=1999,and=(year[lt]=1960,album[null]=true))`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args
from urllib.parse import parse_qsl

from antiphon.errors import DeclarationError, InvalidQuery, nearest
from antiphon.queries.cursor import decode_cursor
from antiphon.queries.filter import And, Compare, Filter, Operator, Or
from antiphon.queries.query import Order, Query, Term
from antiphon.queries.values import parse_value
from antiphon.resources import Declaration, Field, R

OPERATORS: tuple[str, ...] = get_args(Operator)
NAME = re.compile(r"([A-Za-z0-9_]+)(?:\[([A-Za-z0-9_]*)\])?")
TEXTUAL = ("contains", "startswith")
CONTROLS = ("order", "limit", "after", "fields", "from")
DEEPEST = 5
DEEPEST_VALUE = 100
MOST_MARKS = 10_000
"""How deep parentheses may be nested, and how many marks a group may have, those in values too."""
_MARKS = re.compile(
    r"""
    [(),]
    | (?: ^ | (?<=[=,(]) ) " (?: [^"\\]++ | \\. )*+ (?P<end> "?+ )  # only where a value begins does " quote
    """,
    re.DOTALL | re.VERBOSE,
)


def parse_query(
    declaration: Declaration[R],
    query_string: bytes,
    *,
    default_limit: int | None,
    max_limit: int,
    max_terms: int,
    stream: bool = False,
) -> Query[R]:
    """The query that a URL's query string writes. A `stream` may have `from`, which is not the query's.

    What the resource declares as `defaults` holds for the fields that the URL does not compare, and for the
    order if it names none; in a stream only where there is a `limit`, since without one it has no order.

    Raises:
        InvalidQuery: an unknown field or operator, a value of a wrong type, too many terms, `order`, `limit`,
            `after` or `fields` twice, `from` where nothing is followed.
        InvalidCursor: `after` does not belong to this query.
    """
    parser = _Parser(declaration, max_terms)
    terms: list[Filter] = []
    order: Order | None = None
    limit: int | None = default_limit
    cursor: str | None = None
    fields: tuple[str, ...] | None = None
    given: set[str] = set()
    for name, value in pairs(query_string, max_terms + len(CONTROLS)):
        if name in given:
            raise InvalidQuery(f"`{name}` is there twice.", "Give it once.")
        if name in CONTROLS:
            given.add(name)
        match name:
            case "from":
                if not stream:
                    raise InvalidQuery(
                        "`from` is for streams, and this is none.",
                        "Ask with Accept: text/event-stream, or leave it out.",
                    )
            case "order":
                order = parser.order(value)
            case "limit":
                limit = parse_limit(value, max_limit)
            case "after":
                cursor = value
            case "fields":
                fields = tuple(parser.field(each).name for each in value.split(","))
            case "or" | "and":
                terms.append(parser.group(name, value))
            case _:
                terms.append(parser.term(name, value))
    comparisons, usual = defaults(declaration)
    terms += [each for each in comparisons if each.field.name not in parser.compared]
    if order is None:
        order = parser.order("") if usual is None or (stream and limit is None) else usual
    after = None if cursor is None else decode_cursor(cursor, order)
    filter = terms[0] if len(terms) == 1 else And(tuple(terms))
    return Query(declaration, filter, order, limit, after, fields)


@cache
def defaults(declaration: Declaration[Any]) -> tuple[tuple[Compare, ...], Order | None]:
    """What a resource declares as `defaults`: its comparisons, and the order if there is one.

    Raises:
        DeclarationError: it is no query that can be a default; names the remedy.
    """
    text: Any = declaration.resource.defaults
    said = f"{declaration.name}.defaults is {text!r}"
    remedy = 'Write comparisons and an order, as a URL has them: defaults = "state=new&order=-price".'
    if not isinstance(text, str):
        raise DeclarationError(f"{said}.", remedy)
    parser = _Parser(declaration, MOST_MARKS)
    comparisons: list[Compare] = []
    order: Order | None = None
    try:
        for name, value in pairs(text.encode()):
            if name == "order":
                if order is not None:
                    raise InvalidQuery("`order` is there twice.", "Give it once.")
                order = parser.order(value)
            elif name in CONTROLS or name in ("or", "and"):
                raise DeclarationError(f"{said}, and {name!r} cannot be a default.", remedy)
            else:
                comparisons.append(parser.term(name, value))
    except InvalidQuery as error:
        raise DeclarationError(f"{said}: {error.detail}", error.hint) from None
    return tuple(comparisons), order


def pairs(query_string: bytes, most: int | None = None) -> list[tuple[str, str]]:
    """The names and values in a query string, in order.

    Raises:
        InvalidQuery: it is not UTF-8, or has more than `most` of them; those are counted before any is read.
    """
    if most is not None and query_string.count(b"&") >= most:
        raise InvalidQuery(f"The query has more than {most} parts.", "Ask several times.")
    try:
        return parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise InvalidQuery("The query string is not UTF-8.", "Percent-encode UTF-8.") from None


def parse_limit(text: str, largest: int) -> int:
    """`limit` as a number; raises `InvalidQuery`."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= largest):
        raise InvalidQuery(f"limit has the value {text[:80]!r}.", f"Write a number from 1 to {largest}.")
    return int(text)


class _Parser:
    def __init__(self, declaration: Declaration[Any], max_terms: int) -> None:
        self._declaration = declaration
        self._max_terms = max_terms
        self._terms = 0
        self.compared: set[str] = set()

    def field(self, name: str, beside: tuple[str, ...] = ()) -> Field:
        """The field `name`; `beside` is what else might have been meant."""
        field = self._declaration.by_name.get(name)
        if field is None or field.options.hidden:
            raise InvalidQuery(
                f"{self._declaration.name} has no field {name[:80]!r}.",
                nearest(name, [*(each.name for each in self._declaration.shown), *beside]),
            )
        return field

    def order(self, text: str) -> Order:
        terms: dict[str, Term] = {}
        for name in text.split(",") if text else ():
            field = self.field(name.removeprefix("-"))
            if field.kind == "json":
                raise InvalidQuery(
                    f"{field.name} is kept as JSON and has no order.", "Order by another field."
                )
            if field.name in terms:
                raise InvalidQuery(f"`order` names {field.name} twice.", "Name each field once.")
            terms[field.name] = Term(field, name.startswith("-"))
        names = list(terms)
        if "id" not in names:
            return (*terms.values(), Term(self._declaration.by_name["id"]))
        return tuple(terms.values())[: names.index("id") + 1]  # what comes after the id never decides

    def term(self, name: str, text: str) -> Compare:
        """One comparison, from its left and its right side."""
        self._count()
        found = NAME.fullmatch(name)
        if found is None:
            raise InvalidQuery(
                f"{name[:80]!r} is not a field with an operator.",
                "Write field=value or field[operator]=value.",
            )
        field = self.field(found[1], (*CONTROLS, "or", "and"))
        self.compared.add(field.name)
        operator: Any = found[2] if found[2] is not None else "eq"
        if operator not in OPERATORS:
            raise InvalidQuery(
                f"{field.name} has the unknown operator [{operator[:80]}].", nearest(operator, OPERATORS)
            )
        if operator == "null":
            if text not in ("true", "false"):
                raise InvalidQuery(f"{name} has the value {text[:80]!r}.", "Write true or false.")
            return Compare(field, operator, text == "true")
        if field.kind == "json":
            raise InvalidQuery(f"{field.name} is kept as JSON.", "It can be filtered by [null] alone.")
        if operator in TEXTUAL and field.kind != "text":
            raise InvalidQuery(f"[{operator}] does not apply to {field.name}.", "It is for texts.")
        if operator == "in":
            values: list[Any] = []
            for each in _split(_inside(text)):
                if values:
                    self._count()
                values.append(parse_value(field, _unquote(each)))
            return Compare(field, operator, tuple(values))
        return Compare(field, operator, parse_value(field, text))

    def group(self, name: str, text: str, depth: int = 1) -> Filter:
        """`or=(…)` or `and=(…)`, from its name and its right side."""
        if depth > DEEPEST:
            raise InvalidQuery(f"The filter is nested deeper than {DEEPEST}.", "Write it flatter.")
        if not (text.startswith("(") and text.endswith(")")):
            raise InvalidQuery(f"{name} has the value {text[:80]!r}.", f"Write {name}=(a=1,b[gt]=2).")
        terms: list[Filter] = []
        for each in _split(text[1:-1]):
            left, equals, right = each.partition("=")
            if not equals:
                raise InvalidQuery(f"{each[:80]!r} in {name} has no value.", "Write field=value.")
            if left in ("or", "and"):
                terms.append(self.group(left, right, depth + 1))
            else:
                terms.append(self.term(left, right if left.endswith("[in]") else _unquote(right)))
        return Or(tuple(terms)) if name == "or" else And(tuple(terms))

    def _count(self) -> None:
        self._terms += 1
        if self._terms > self._max_terms:
            raise InvalidQuery(f"The filter has more than {self._max_terms} terms.", "Ask several times.")


def _inside(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def _split(text: str) -> Iterator[str]:
    """The parts between commas that are in no parentheses and no quotes."""
    depth, start = 0, 0
    for count, mark in enumerate(_MARKS.finditer(text)):
        if count == MOST_MARKS:  # groups are read once for each group around them: that must stay cheap
            raise InvalidQuery(
                f"The filter has more than {MOST_MARKS} commas, parentheses and quotes.", "Ask several times."
            )
        match mark[0]:
            case "(":
                depth += 1
            case ")":
                depth -= 1
            case "," if depth == 0:
                yield text[start : mark.start()]
                start = mark.end()
        if not 0 <= depth <= DEEPEST_VALUE or mark["end"] == "":
            depth = -1
            break
    if depth != 0:
        raise InvalidQuery(
            f"{text[:80]!r} has parentheses or quotes that do not match.",
            'Quote a value that contains commas, parentheses or quotes: "a, (b)", with \\" for a quote.',
        )
    yield text[start:]

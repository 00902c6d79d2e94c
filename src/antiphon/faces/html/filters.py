"""The filters and the orders that a list offers, made of the declaration."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from antiphon.faces.html.ask import Ask
from antiphon.faces.html.inputs import Input
from antiphon.faces.html.shown import Column, label_of, words
from antiphon.resources import Declaration, Field

KEPT = 200
"""Sets of filter fields that are kept: those of so many URLs."""
ANY = (("", "any"),)
TRUTH = (("true", "yes"), ("false", "no"))


class Heading(Struct, frozen=True):
    """A column's heading: `url` orders by it, the other way round if that is so already."""

    column: Column
    url: str
    sorted: str

    @property
    def html(self) -> Markup:
        """The cell, and the link in it that orders by the column."""
        number = ' class="number"' if self.column.number else ""
        state = f' aria-sort="{self.sorted}"' if self.sorted != "none" else ""
        label = escape(self.column.label)
        inside = f'<a href="{escape(self.url)}">{label}</a>' if self.url else label
        return Markup(f'<th scope="col"{number}{state}>{inside}')  # noqa: S704 - escaped


def filters(declaration: Declaration[Any], query: Mapping[str, str]) -> list[Input]:
    """Inputs for the comparisons that people make, with the values that the URL has."""
    return [each for field in declaration.shown for each in _of(field, query)]


@lru_cache(maxsize=KEPT)
def filter_fields(declaration: Declaration[Any], query: frozenset[tuple[str, str]]) -> Markup:
    """The same as HTML: it depends on the URL alone, and takes longer to make than the records to read."""
    return Markup("").join(each.html("filter-") for each in filters(declaration, dict(query)))


def head_of(headings: Iterable[Heading]) -> Markup:
    """The headings as the cells of a table's head."""
    return Markup("").join(each.html for each in headings)


def headings(ask: Ask, columns: tuple[Column, ...]) -> list[Heading]:
    """The headings of columns, as the URL orders them."""
    first = ask.query.get("order", "").partition(",")[0]
    place = ask.url_with(order=None, after=None)
    place += "&" if "?" in place else "?"
    found = []
    for column in columns:
        falling = first == "-" + column.name
        wanted = column.name if first != column.name else "-" + column.name
        state = "descending" if falling else "ascending" if first == column.name else "none"
        url = f"{place}order={wanted}" if column.ordered else ""
        found.append(Heading(column, url, state))
    return found


def _of(field: Field, query: Mapping[str, str]) -> Iterator[Input]:
    name, label = field.name, label_of(field)
    if name in ("id", "revision") or field.kind == "json":
        return
    if field.kind == "boolean":
        yield Input(name, label, "select", query.get(name, ""), options=(*ANY, *TRUTH))
    elif field.choices:
        options = (*ANY, *((each, words(each)) for each in field.choices))
        yield Input(name, label, "select", query.get(name, ""), options=options)
    elif field.reference is not None or field.callers:
        yield Input(name, label, "text", query.get(name, ""))
    elif field.kind == "text":
        asked = f"{name}[contains]"
        yield Input(asked, f"{label} contains", "text", query.get(asked, ""))
    else:
        kind = {"date": "date", "datetime": "text"}.get(field.kind, "number")
        attributes = {"step": "any"} if kind == "number" else {}
        if field.kind == "datetime":
            attributes = {"placeholder": "2026-01-31T12:00:00Z"}
        for operator, word in (("gte", "from"), ("lte", "to")):
            asked = f"{name}[{operator}]"
            yield Input(
                asked,
                f"{label} {word}",
                kind,
                query.get(asked, ""),
                unit=field.options.unit or "",
                attributes=attributes,
            )

"""How the values of records are shown: as text of their kind, and references as links."""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import msgspec
from markupsafe import Markup
from msgspec import Struct

from antiphon.errors import Forbidden, NotSignedIn
from antiphon.faces.html.ask import Ask
from antiphon.faces.html.parts import Parts
from antiphon.faces.html.templates import segment, time_element
from antiphon.resources import Declaration, Field

LABELS = ("title", "name", "label", "display_name", "subject", "text")
"""Fields that a record is called by, the best first."""
LONGEST = 100
"""Characters of a text that a list shows."""
MOST_LABELS = 100

Labels = Mapping[str, Mapping[str, str]]
"""What records are called, by their collection's path and their id."""


Make = Callable[[Any, Labels], str]
"""Makes HTML of a value that is there."""
Rows = Callable[[Iterable[Mapping[str, Any]], Labels], Markup]


class Column(Struct, frozen=True):
    """A field as it is shown; `make` is None for a plain text."""

    name: str
    label: str
    kind: str
    unit: str
    help: str
    make: Make | None

    @property
    def ordered(self) -> bool:
        """Whether lists can be ordered by it."""
        return self.kind != "json"

    @property
    def number(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in ("integer", "number")

    def show(self, record: Mapping[str, Any], labels: Labels) -> Markup:
        """The content of an element that shows the whole value."""
        value = record.get(self.name)
        if value is None or value in ("", [], {}):
            return Markup('<span class="none">&ndash;</span>')
        if self.make is not None:
            return Markup(self.make(value, labels))  # noqa: S704 - escaped where it is made
        return Markup('<span class="text" dir="auto">{}</span>').format(value)


def words(text: str) -> str:
    """A name as people write it: "last_played" is "Last played"."""
    return text.replace("_", " ").strip().capitalize()


def label_of(field: Field) -> str:
    """What a field is called."""
    name = field.name.removesuffix("_id") if field.reference is not None else field.name
    return words(name)


def calling(declaration: Declaration[Any]) -> str:
    """The name of the field that records are called by."""
    texts = {each.name for each in declaration.shown if each.kind == "text" and each.reference is None}
    for name in LABELS:
        if name in texts:
            return name
    own = (each.name for each in declaration.shown if each.name in texts - {"id"} and not each.choices)
    return next(own, "id")


def title_of(declaration: Declaration[Any], record: Mapping[str, Any]) -> str:
    """What a record is called."""
    return str(record.get(calling(declaration)) or record["id"])


def columns(declaration: Declaration[Any], parts: Parts) -> tuple[Column, ...]:
    """The fields that are shown of a resource, what its records are called by first."""
    called = calling(declaration)
    shown = [each for each in declaration.shown if each.name not in ("id", "revision") or each.name == called]
    shown.sort(key=lambda each: each.name != called)
    labels = [label_of(each) for each in shown]
    return tuple(_column(each, parts, labels.count(label_of(each)) > 1) for each in shown)


async def labels_for(
    ask: Ask, declaration: Declaration[Any], records: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, str]]:
    """What the records that these refer to are called, as far as the caller may see them."""
    found: dict[str, dict[str, str]] = {}
    for field in declaration.shown:
        target = ask.parts.target(field.reference) if field.reference is not None else None
        if target is None or not ask.sees(target.path):
            continue
        ids = {record[field.name] for record in records if record.get(field.name)}
        ids -= found.setdefault(target.path, {}).keys()
        if ids:
            most = ask.most(target.path, MOST_LABELS)
            wanted = sorted(ids)[:most]
            called = calling(target)
            try:
                page = await ask.page(target.path, **{"id[in]": wanted, "limit": most, "fields": called})
            except (NotSignedIn, Forbidden):  # groups decide, and can't be told beforehand
                continue
            found[target.path] |= {each["id"]: title_of(target, each) for each in page}
    return found


def rows_of(columns: tuple[Column, ...], path: str) -> Rows:
    """What makes a table's rows of records: a page of 50 has some hundred values, and templates take their
    time with each. The first column leads to the record."""
    begun = [(_cell_begins(each), each.name, each.make) for each in columns[1:]]
    first, called = _cell_begins(columns[0]), columns[0].name

    def row(record: Mapping[str, Any], labels: Labels) -> str:
        id = _segment(record["id"])
        name = _text(record.get(called) or record["id"])
        cells = [f'<tr id="record-{id}">{first}<a href="{path}/{id}">{name}</a>']
        for begin, field, make in begun:
            value = record.get(field)
            if value is None:
                cells.append(begin)
            elif make is not None:
                cells.append(begin + make(value, labels))
            else:
                if len(value) > LONGEST:
                    value = value[: LONGEST - 1] + "…"
                cells.append(begin + (escape(value) if _MARKUP(value) else value))
        return "".join(cells)

    def rows(records: Iterable[Mapping[str, Any]], labels: Labels) -> Markup:
        return Markup("".join([row(each, labels) for each in records]))  # noqa: S704

    return rows


def _cell_begins(column: Column) -> str:
    """The tag of a cell; that it and its row end is left out, as HTML lets us (13.1.2.4)."""
    more = ' class="number"' if column.number else ""
    return f'<td data-label="{_escape(column.label)}"{more}>'


def _column(field: Field, parts: Parts, ambiguous: bool) -> Column:
    target = parts.target(field.reference) if field.reference is not None else None
    make: Make | None = None
    if target is not None:
        make = _reference(target.path)
    elif field.kind != "text":
        make = _MAKERS[field.kind]
        if field.options.unit:
            make = _with_unit(make, f' <span class="unit">{_escape(field.options.unit)}</span>')
    label = label_of(field)
    return Column(
        field.name,
        f"{label} (record)" if ambiguous and field.reference is not None else label,
        field.kind,
        field.options.unit or "",
        field.options.description or "",
        make,
    )


def _with_unit(make: Make, unit: str) -> Make:
    return lambda value, labels: f"{make(value, labels)}{unit}"


def _reference(path: str) -> Make:
    nothing: Mapping[str, str] = {}

    def make(value: Any, labels: Labels) -> str:
        label = labels.get(path, nothing).get(value, value)
        return f'<a href="{path}/{_segment(value)}">{_text(label)}</a>'

    return make


def _text(value: str) -> str:
    return _escape(value if len(value) <= LONGEST else value[: LONGEST - 1] + "…")


def _escape(text: str) -> str:
    """The same as `html.escape`, which looks through each text five times; few have anything to escape."""
    return escape(text) if _MARKUP(text) else text


def _number(value: Any, labels: Labels) -> str:
    """A number with its thousands apart, by narrow spaces: years stay whole."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10_000:
        return f'<data value="{value}">{value:,}</data>'.replace(",", "&#8239;")
    return str(value)


def _boolean(value: Any, labels: Labels) -> str:
    return "yes" if value else "no"


def _date(value: Any, labels: Labels) -> str:
    return f'<time datetime="{_escape(value)}">{_escape(value)}</time>'


def _datetime(value: Any, labels: Labels) -> str:
    return str(time_element(value))


def _json(value: Any, labels: Labels) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return _text(", ".join(value))
    return f"<code>{_text(msgspec.json.encode(value).decode())}</code>" if value else ""


def _segment(id: str) -> str:
    """An id in a path, or in an id of the page."""
    return id if _PLAIN(id) else segment(id)


_MARKUP = re.compile("[&<>\"']").search
_PLAIN = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_MAKERS: dict[str, Make] = {
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "json": _json,
}

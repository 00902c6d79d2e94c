"""How the values of records are shown: as text of their kind, and references as links."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from markupsafe import Markup, escape
from msgspec import Struct

from antiphon.faces.html.ask import Ask
from antiphon.faces.html.parts import Parts
from antiphon.faces.html.templates import segment, time_element
from antiphon.resources import Declaration, Field

LABELS = ("title", "name", "label", "display_name", "subject", "text")
"""Fields that a record is called by, the best first."""
LONGEST = 200
"""Characters of a text that a list shows."""
MOST_LABELS = 100

Labels = Mapping[str, Mapping[str, str]]
"""What records are called, by their collection's path and their id."""


class Column(Struct, frozen=True):
    """A field as it is shown: `show(record, labels, short)` makes an element's content of a record."""

    name: str
    label: str
    kind: str
    unit: str
    help: str
    show: Callable[[Mapping[str, Any], Labels, bool], Markup]
    ordered: bool


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
    return tuple(_column(each, declaration, parts, called) for each in shown)


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
            wanted = sorted(ids)[:MOST_LABELS]
            called = calling(target)
            page = await ask.page(target.path, **{"id[in]": wanted, "limit": MOST_LABELS, "fields": called})
            found[target.path] |= {each["id"]: title_of(target, each) for each in page}
    return found


def _column(field: Field, declaration: Declaration[Any], parts: Parts, called: str) -> Column:
    options = field.options
    unit = options.unit or ""
    target = parts.target(field.reference) if field.reference is not None else None
    name = field.name

    def show(record: Mapping[str, Any], labels: Labels, short: bool) -> Markup:
        value = record.get(name)
        if value is None or value == "":
            shown = Markup('<span class="none">–</span>')
        elif target is not None:
            label = labels.get(target.path, {}).get(value, value)
            shown = Markup('<a href="{}/{}" dir="auto">{}</a>').format(target.path, segment(value), label)
        else:
            shown = _shown(field.kind, value, unit, short)
        if name == called and short:
            shown = Markup('<a href="{}/{}" dir="auto">{}</a>').format(
                declaration.path, segment(record["id"]), _cut(str(value or record["id"]))
            )
        return shown

    return Column(
        name, label_of(field), field.kind, unit, options.description or "", show, field.kind != "json"
    )


def _shown(kind: str, value: Any, unit: str, short: bool) -> Markup:
    if kind == "datetime":
        return time_element(value)
    if kind == "date":
        return Markup('<time datetime="{0}">{0}</time>').format(value)
    if kind == "boolean":
        return Markup("yes") if value else Markup("no")
    if kind in ("integer", "number"):
        number = Markup('<data value="{}">{}</data>').format(value, _number(value))
        return Markup('{} <span class="unit">{}</span>').format(number, unit) if unit else number
    if kind == "json":
        text = msgspec.json.encode(value).decode()
        return Markup("<code>{}</code>").format(_cut(text) if short else text)
    return Markup('<span class="text" dir="auto">{}</span>').format(_cut(value) if short else value)


def _number(value: float) -> str:
    """A number with its thousands apart, by narrow spaces: years stay whole."""
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}".replace(",", "\u202f")
    return str(value)


def _cut(text: str) -> Markup:
    return escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")

"""The pages that every resource has, without a word of the program's own."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from antiphon.errors import Forbidden, NotSignedIn
from antiphon.faces.html.ask import Ask
from antiphon.faces.html.filters import filter_fields, head_of, headings
from antiphon.faces.html.forms import Form, action_form, form_of
from antiphon.faces.html.pages import View, view_of
from antiphon.faces.html.parts import Parts
from antiphon.faces.html.shown import columns, labels_for, rows_of, title_of, words
from antiphon.resources import Declaration

CONTROLS = ("order", "limit", "after", "fields")


class Kind(Struct, frozen=True):
    """A resource, as templates speak of it: "task", "tasks", and where they are."""

    one: str
    many: str
    path: str

    @property
    def title(self) -> str:
        """What a heading says: "Tasks"."""
        return self.many[:1].upper() + self.many[1:]


class Related(Struct, frozen=True):
    """Records that refer to one, as a link to the list of them."""

    label: str
    url: str


class Acting(Struct, frozen=True):
    """An action, and the form that runs it."""

    label: str
    meaning: str
    form: Form


def resource_views(parts: Parts) -> Iterator[View]:
    """Home, and the pages of each resource."""

    async def home(ask: Ask) -> dict[str, Any]:
        found = []
        for part in parts:
            seen = [kind_of(each) for each in part.declarations if ask.sees(each.path)]
            if seen:
                found.append((part.title, seen))
        return {"parts": found}

    yield view_of("/", ("home.html",), home)
    for part in parts:
        for declaration in part.declarations:
            for path in declaration.paths:
                yield from _views(path, declaration, parts)


def kind_of(declaration: Declaration[Any]) -> Kind:
    """What a resource is called."""
    one = "".join(f" {each}" if each.isupper() else each for each in declaration.name).strip().lower()
    return Kind(one, declaration.path[1:].replace("-", " ").replace("/", " "), declaration.path)


def _views(path: str, declaration: Declaration[Any], parts: Parts) -> Iterator[View]:
    folder = declaration.name.lower()
    kind = kind_of(declaration)
    shown = columns(declaration, parts)
    rows = rows_of(shown, declaration.path)

    async def listing(ask: Ask) -> dict[str, Any]:
        asked = {name: value for name, value in ask.query.items() if value != ""}
        records = await ask.page(path, **asked)
        return {
            "kind": kind,
            "records": records,
            "head": head_of(headings(ask, shown)),
            "rows": rows,
            "labels": await labels_for(ask, declaration, records),
            "filters": filter_fields(declaration, frozenset(ask.query.items())),
            "filtered": any(name not in CONTROLS for name in asked),
            "controls": {name: asked[name] for name in ("order", "limit") if name in asked},
            "first": ask.url_with(after=None) if "after" in asked else None,
            "may_create": await ask.may("create", path),
        }

    async def item(ask: Ask) -> dict[str, Any]:
        place = f"{path}/{ask.path['id']}"
        record = await ask.record(place)
        acts = bool(declaration.actions) and await ask.may("act", place)
        posted = ask.posted
        return {
            "kind": kind,
            "record": record,
            "name": title_of(declaration, record),
            "place": place,
            "columns": shown,
            "labels": await labels_for(ask, declaration, [record]),
            "related": list(_related(declaration, record, ask)),
            "may_update": await ask.may("update", place),
            "may_delete": await ask.may("delete", place),
            "actions": [
                Acting(words(name), action.meaning, action_form(action, f"{place}/{name}", posted))
                for name, action in (declaration.actions.items() if acts else ())
            ],
        }

    async def new(ask: Ask) -> dict[str, Any]:
        if not await ask.may("create", path):
            raise _refused(ask, f"You may not add to {kind.many}.")
        return {"kind": kind, "form": await form_of(ask, declaration, path, None, ask.posted)}

    async def edit(ask: Ask) -> dict[str, Any]:
        place = f"{path}/{ask.path['id']}"
        record = await ask.record(place)
        if not await ask.may("update", place):
            raise _refused(ask, f"You may not change this {kind.one}.")
        return {
            "kind": kind,
            "record": record,
            "name": title_of(declaration, record),
            "place": place,
            "form": await form_of(ask, declaration, place, record, ask.posted),
        }

    yield view_of(path, (f"{folder}/list.html", "list.html"), listing)
    yield view_of(path + "/new", (f"{folder}/new.html", "new.html"), new)
    yield view_of(path + "/{id}", (f"{folder}/item.html", "item.html"), item)
    yield view_of(path + "/{id}/edit", (f"{folder}/edit.html", "edit.html"), edit)


def _related(declaration: Declaration[Any], record: Mapping[str, Any], ask: Ask) -> Iterator[Related]:
    for part in ask.parts:
        for other in part.declarations:
            for field in other.shown:
                named = field.reference in (declaration.resource, declaration.name)
                if field.reference is not None and named and ask.sees(other.path):
                    url = f"{other.path}?{urlencode({field.name: record['id']})}"
                    yield Related(kind_of(other).many, url)


def _refused(ask: Ask, detail: str) -> Exception:
    if ask.caller.id is None:
        return NotSignedIn(detail, "Sign in.")
    return Forbidden(detail, "Ask one who may.")

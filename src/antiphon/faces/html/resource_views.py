"""The pages that every resource has, without a word of the program's own."""

from collections.abc import Iterator
from typing import Any

from antiphon.faces.html.ask import Ask
from antiphon.faces.html.pages import View, view_of
from antiphon.faces.html.parts import Parts
from antiphon.resources import Declaration


def resource_views(parts: Parts) -> Iterator[View]:
    """Home, and the pages of each resource."""

    async def home(ask: Ask) -> dict[str, Any]:
        return {"parts": [part for part in parts if any(ask.sees(each.path) for each in part.declarations)]}

    yield view_of("/", ("home.html",), home)
    for part in parts:
        for declaration in part.declarations:
            for path in declaration.paths:
                yield from _views(path, declaration)


def _views(path: str, declaration: Declaration[Any]) -> Iterator[View]:
    folder = declaration.name.lower()

    async def listing(ask: Ask) -> dict[str, Any]:
        page = await ask.page(path, **ask.query)
        return {"resource": declaration, "records": page}

    async def item(ask: Ask) -> dict[str, Any]:
        return {"resource": declaration, "record": await ask.record(f"{path}/{ask.path['id']}")}

    yield view_of(path, (f"{folder}/list.html", "list.html"), listing)
    yield view_of(path + "/{id}", (f"{folder}/item.html", "item.html"), item)

"""Dry runs: a reaction's code, tried on its store in this process."""

import asyncio
from contextlib import aclosing, closing
from typing import Any

from antiphon.application import Application
from antiphon.cli.flags import settings_for
from antiphon.cli.targets import Place
from antiphon.client import Client
from antiphon.errors import AntiphonError, StoreError
from antiphon.log import Position, Row, parse_position
from antiphon.observations import Observers
from antiphon.operations.progress import BEGINNING, NOW
from antiphon.operations.react import Faraway, Reaction, Tried, try_out
from antiphon.store import Wanted, open_history, open_store

Entries = list[tuple[Position, Row]]


def try_reaction(place: Place, name: str, entries: Entries, flags: dict[str, Any]) -> list[Tried]:
    """What the reaction would do with `entries`; nothing of it stays."""
    application = place.program()
    reaction = _reaction(application, name)
    settings = settings_for(application.settings, flags)
    store = open_store(place.folder, place.name, application.declarations, settings, Observers())
    with closing(store):
        service = reaction.service or application.name
        return try_out(reaction, entries, service, settings.max_cause_depth, store)


def replayed(place: Place, name: str, start: str, limit: int, flags: dict[str, Any]) -> Entries:
    """The first entries after `start` of the log that the reaction follows."""
    if start == NOW:
        return []
    application = place.program()
    reaction = _reaction(application, name)
    source = application.sources.get(reaction.service) if reaction.service else application
    after = None if start == BEGINNING else parse_position(start)
    if isinstance(source, (str, Client)):
        return asyncio.run(_from_afar(Faraway(source), reaction, after, limit))
    if source is None:
        raise AntiphonError(f"There is no source {reaction.service!r}.", "Name it in the program.")
    return _from_store(place, source.name, reaction, after, limit)


def _reaction(application: Application, name: str) -> Reaction:
    for each in application.reactions:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in application.reactions) or "none"
    raise StoreError(f"The program has no reaction {name!r}.", f"It has: {known}.")


def _from_store(place: Place, source: str, reaction: Reaction, after: Position | None, limit: int) -> Entries:
    """From the source's store, which lies beside."""
    found: Entries = []
    with open_history(place.folder, source) as history:
        for change in history.entries(Wanted(resource=reaction.resource)):
            if after is None or change.number > after.number:
                found.append((Position(history.incarnation, change.number), change.row))
            if len(found) == limit:
                break
    return found


async def _from_afar(source: Faraway, reaction: Reaction, after: Position | None, limit: int) -> Entries:
    newest = await source.newest()
    begin = after or Position(newest.incarnation, 0)
    found: Entries = []
    async with aclosing(source.follow(reaction.resource, begin)) as pieces:
        async for piece in pieces:
            found += [(Position(newest.incarnation, row[0]), row) for row in piece.rows]
            if len(found) >= limit or piece.position.number >= newest.number:
                break
    await source.close()
    return found[:limit]

"""All reactions of one application, running side by side."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from antiphon.access import SERVICE, Caller
from antiphon.client import Client
from antiphon.errors import DeclarationError
from antiphon.operations.react.faraway import Faraway
from antiphon.operations.react.figures import Figures
from antiphon.operations.react.outside import Outside
from antiphon.operations.react.reaction import Reaction
from antiphon.operations.react.running import Running
from antiphon.operations.react.sources import Nearby, Runs, Source
from antiphon.operations.service import Service
from antiphon.resources import Declaration


def check_reactions(
    reactions: Iterable[Any], declarations: Iterable[Declaration[Any]]
) -> tuple[Reaction, ...]:
    """The reactions of an application that serves `declarations`.

    Raises:
        DeclarationError: one is no reaction, or cannot run there; names it and the remedy.
    """
    served = {each.resource for each in declarations}
    names: set[str] = set()
    owners: dict[Any, str] = {}
    found = tuple(reactions)
    for each in found:
        if not isinstance(each, Reaction):
            raise DeclarationError(
                f"The application is given the reaction {each!r}.", "Decorate it with @react(to=...)."
            )
        if each.name in names:
            raise DeclarationError(
                f"Two reactions have the name {each.name}.", 'Give one of them another: name="...".'
            )
        names.add(each.name)
        needed = (*each.owns, *(() if each.service else (each.record,)))
        for resource in needed:
            if resource not in served:
                raise DeclarationError(
                    f"The reaction {each.name} is about {resource.__name__}, which is not served here.",
                    f"Give {resource.__name__} to the Application too.",
                )
        for resource in each.owns:
            if resource in owners:
                raise DeclarationError(
                    f"The reactions {owners[resource]} and {each.name} both own {resource.__name__}.",
                    "Let one of them alone write it.",
                )
            owners[resource] = each.name
    return found


class Reactions:
    """Starts and stops the reactions of a running service.

    `sources` tells for the names of other services where their logs are.

    Raises:
        DeclarationError: a reaction's source is not named.
    """

    def __init__(
        self, reactions: Iterable[Reaction], sources: Mapping[str, Runs | Client | str], service: Service
    ) -> None:
        self._sources: dict[str, Source] = {"": Nearby(lambda: service)}
        self._running: list[Running] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._patience = service.settings.drain_seconds
        rebuilds = asyncio.Lock()
        for each in reactions:
            if each.service not in self._sources:
                self._sources[each.service] = _source(each, sources)
            kind = Outside if each.waits else Running
            self._running.append(kind(each, self._sources[each.service], service, rebuilds))

    def start(self) -> None:
        """Begin to react; nothing is waited for."""
        self._tasks = [asyncio.create_task(each.run()) for each in self._running]

    async def stop(self) -> None:
        """Finish what is at hand, for up to `drain_seconds`; the rest is done at the next start."""
        for each in self._running:
            each.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for source in self._sources.values():
            await source.close()

    def figures(self) -> list[Figures]:
        """How each is doing."""
        return [each.figures() for each in self._running]


def _source(reaction: Reaction, sources: Mapping[str, Any]) -> Source:
    name = reaction.service
    if name not in sources:
        raise DeclarationError(
            f"The reaction {reaction.name} reacts to {reaction.source}, and there is no source {name!r}.",
            f'Name it: Application(..., sources={{"{name}": "http://..."}}).',
        )
    found = sources[name]
    if isinstance(found, (str, Client)):
        return Faraway(found)
    if not isinstance(getattr(type(found), "service", None), property):
        raise DeclarationError(
            f"The source {name} is {found!r}.", "Give the URL of a service, a Client, or an Application."
        )
    return Nearby(lambda: found.service, Caller(SERVICE, frozenset({SERVICE})))

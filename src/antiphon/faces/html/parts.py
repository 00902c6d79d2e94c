"""Parts: the services that pages are made of, each asked as any client asks it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from starlette.routing import BaseRoute

from antiphon.access import Caller
from antiphon.errors import NotFound, nearest
from antiphon.operations import Service
from antiphon.resources import Declaration
from antiphon.server.callers import Identify

CALLERS = "antiphon.callers"
"""The scope's member that holds who asks, by the names of the services that were asked."""


class Part(Struct, frozen=True, eq=False):
    """One service: what it serves, its own routes, and how it knows who asks (raises as `Identify` does)."""

    name: str
    title: str
    declarations: tuple[Declaration[Any], ...]
    routes: tuple[BaseRoute, ...]
    service: Callable[[], Service]
    identify: Identify

    def caller(self, scope: Any) -> Caller:
        """Who asks this service in a request."""
        known: dict[str, Caller] = scope.setdefault(CALLERS, {})
        if (found := known.get(self.name)) is None:
            found = known[self.name] = self.identify(scope)
        return found


class Parts:
    """All of them, and whose a path is."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self._by_path = {
            path: (part, declaration)
            for part in parts
            for declaration in part.declarations
            for path in declaration.paths
        }
        self._by_resource = {
            key: declaration
            for part in parts
            for declaration in part.declarations
            for key in (declaration.resource, declaration.name)
        }

    def __iter__(self) -> Iterator[Part]:
        return iter(self._parts)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where collections are, without their aliases."""
        return tuple(each.path for part in self._parts for each in part.declarations)

    def get(self, path: str) -> tuple[Part, Declaration[Any]] | None:
        """Whose collection is at a path."""
        return self._by_path.get(path)

    def collection(self, path: str) -> tuple[Part, Declaration[Any]]:
        """The same; raises `NotFound`."""
        found = self._by_path.get(path)
        if found is None:
            raise NotFound(
                f"There is no collection at {path[:200]}.", nearest(path[:200], list(self._by_path))
            )
        return found

    def target(self, reference: Any) -> Declaration[Any] | None:
        """The resource that a field refers to, by its class or its name, if clients may reach it."""
        return self._by_resource.get(reference)

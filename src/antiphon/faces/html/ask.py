"""Asking for a page: by the same waist as everyone, and so that it is known which changes concern it."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, structs

from antiphon.access import ANYONE, Caller, Policy, Sight, access_of, anyone, nobody, sight
from antiphon.access.policy import NOTHING
from antiphon.errors import Forbidden, NotFound, NotSignedIn
from antiphon.faces.html.log_view import LogView
from antiphon.faces.html.parts import Part, Parts
from antiphon.faces.html.sharing import alike
from antiphon.faces.html.written import query_of
from antiphon.live import QueryView, View
from antiphon.log import Position
from antiphon.operations import Service, Snapshot, not_found
from antiphon.operations import page as read_page
from antiphon.queries import EVERYTHING, Query, compile_matches, equals, pairs, simple_query
from antiphon.resources import Declaration
from antiphon.server.requests import CALLER

T = TypeVar("T")
_records = msgspec.json.Decoder(list[dict[str, Any]]).decode
_record = msgspec.json.Decoder(dict[str, Any]).decode


class Posted(Struct, frozen=True):
    """A form that was refused: where it was sent to, what was typed, and what is wrong with it.

    `errors` are by the names of fields; `problem` is a problem document. Passwords are left out of `typed`.
    """

    path: str
    typed: Mapping[str, str]
    problem: Mapping[str, Any]
    errors: Mapping[str, str]


def whole(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem document with all its members: templates name them."""
    return {"hint": "", "errors": (), "request_id": "", **problem}


class Asked(Struct, frozen=True):
    """Records that match, as the caller may see them, exact at `position`.

    `after` is the cursor of the page after this one; `next` the URL of this HTML page with that cursor. Both
    are None on the last.
    """

    items: list[dict[str, Any]]
    position: Position
    after: str | None = None
    next: str | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Watched(Struct, frozen=True, eq=False):
    """What a page has of a service: changes after `number` that `view` sees concern it."""

    service: Service
    view: View
    number: int


class Ask:
    """One asking for a page.

    `path` are the parameters in the page's address, `query` what its URL asks (the first value of a name),
    `url` its path and query. `posted` is the refused form that the page is to show again, if there is one.
    """

    def __init__(self, parts: Parts, scope: Any, path: dict[str, str], posted: Posted | None = None) -> None:
        self.path = path
        self.posted = posted
        self.query: dict[str, str] = dict(reversed(pairs(scope["query_string"])))
        self.url = url_of(scope)
        self.scope = scope
        self.parts = parts
        self.watched: list[Watched] = []
        self.resources: dict[tuple[Part, Declaration[Any]], None] = {}
        self.personal = False
        """Whether the page depends on who asks, beyond what that one may see."""

    @property
    def caller(self) -> Caller:
        """Who asks. A page that looks is for this one alone."""
        self.personal = True
        found: Caller = self.scope.get(CALLER, ANYONE)
        return found

    async def record(self, path: str) -> dict[str, Any]:
        """The record at a path such as `/songs/12`, as the caller may see it.

        Raises:
            NotFound: there is none, or none that it may see.
            NotSignedIn: nobody is known to ask, and nobody unknown may see any.
        """
        place, _, id = path.rpartition("/")
        part, declaration = self.parts.collection(place)
        query = simple_query(declaration.resource)
        query = structs.replace(query, filter=equals(declaration, "id", id))
        unknown = part.caller(self.scope).id is None

        def work(snapshot: Snapshot, seen: Sight) -> bytes | None:
            if unknown:
                seen.require()
            found = snapshot.fetch(declaration, id)
            return seen.show(found) if found is not None and seen.holds(found) else None

        found, _ = await self._read(part, query, work)
        if found is None:
            raise not_found(declaration, id)
        return _record(found)

    async def page(self, path: str, /, **query: Any) -> Asked:
        """The records of a collection that match, as URLs ask: `order`, `limit`, `after`, `fields` and
        filters, `**{"length[gte]": 180}`. None compares with null; lists are for `[in]`.

        Raises:
            NotSignedIn, Forbidden: the caller may see nothing of it.
            InvalidQuery, InvalidCursor: see `queries`.
        """
        part, declaration = self.parts.collection(path)
        parsed = query_of(declaration, part.service(), query)

        def work(snapshot: Snapshot, seen: Sight) -> Any:
            seen.require()
            return read_page(seen.restrict(parsed), snapshot)

        found, position = await self._read(part, parsed, work)
        items = _records(b"[%b]" % b",".join(found.records))
        after = found.next
        return Asked(items, position, after, None if after is None else self.url_with(after=after))

    async def find(self, path: str, /, **query: Any) -> dict[str, Any] | None:
        """The first record of a collection that matches; None if there is none. Raises as `page` does."""
        found = (await self.page(path, **{"limit": 1, **query})).items
        return found[0] if found else None

    async def changes(self, limit: int = 50, paths: Collection[str] | None = None) -> list[dict[str, Any]]:
        """The newest changes of all services that the caller may see, newest first; of the collections at
        `paths`, if they are given.

        Each has `service`, `id` (its position), `time`, `kind`, `resource`, `subject`, `before` and `after`;
        `caller` and `cause` are None where the caller may not know them.
        """
        self.personal = True
        found: list[dict[str, Any]] = []
        for part in self.parts:
            wanted = tuple(each for each in part.declarations if paths is None or each.path in paths)
            if not wanted:
                continue
            service, who = part.service(), part.caller(self.scope)

            def look(
                snapshot: Snapshot,
                part: Part = part,
                service: Service = service,
                who: Caller = who,
                wanted: tuple[Declaration[Any], ...] = wanted,
            ) -> tuple[LogView, int, list[dict[str, Any]]]:
                view = LogView(wanted, service.rights.known(who, snapshot))
                return view, snapshot.position.number, view.newest(snapshot, limit, part.name)

            view, number, entries = await service.reader.run(look)
            self.resources |= {(part, each): None for each in wanted}
            self.watched.append(Watched(service, view, number))
            self._watch_groups(service, who, number, *wanted)
            found += entries
        found.sort(key=lambda each: str(each["time"]), reverse=True)
        return found[:limit]

    async def count(self, path: str, /, **query: Any) -> int:
        """How many records of a collection match; raises as `page` does."""
        part, declaration = self.parts.collection(path)
        parsed = query_of(declaration, part.service(), query)

        def work(snapshot: Snapshot, seen: Sight) -> int:
            seen.require()
            return snapshot.count(seen.restrict(parsed))

        return (await self._read(part, parsed, work))[0]

    async def may(self, what: Literal["read", "create", "update", "delete", "act"], path: str) -> bool:
        """Whether the caller may do this with the record at a path, or, as far as can be told, with any of
        the collection there."""
        found = self.parts.get(path)
        part, declaration = found or self.parts.collection(path.rpartition("/")[0])
        access = access_of(declaration)
        policy: Policy = access.update if what == "act" and access.act is None else getattr(access, what)
        if policy in (anyone, nobody):
            return policy == anyone
        self.personal = True
        who = part.caller(self.scope)
        service = part.service()
        id = path.rpartition("/")[2]

        def work(snapshot: Snapshot, seen: Sight) -> bool:
            known = service.rights.known(who, snapshot)
            if policy.by_group:
                self._watch_membership(service, who, snapshot.position.number)
            filter = policy.for_caller(declaration, known)
            if found is not None or filter in (NOTHING, EVERYTHING):
                return filter != NOTHING
            stored = snapshot.fetch(declaration, id)
            return stored is not None and compile_matches(filter)(declaration.decode(stored))

        query = simple_query(declaration.resource)
        if found is None:
            query = structs.replace(query, filter=equals(declaration, "id", id))
            return (await self._read(part, query, work))[0]
        return await service.reader.glance(lambda snapshot: work(snapshot, sight(declaration, who)))

    def sees(self, path: str) -> bool:
        """Whether the caller may see some of the records of a collection, as far as can be told at once."""
        part, declaration = self.parts.collection(path)
        policy = access_of(declaration).read
        if policy.for_caller(declaration, ANYONE) != NOTHING:  # what nobody in particular may, everyone may
            return True
        if policy == nobody:
            return False
        self.personal = True
        return policy.by_group or policy.for_caller(declaration, part.caller(self.scope)) != NOTHING

    def most(self, path: str, wanted: int) -> int:
        """So many records of a collection as are wanted, or as one may ask for at once."""
        settings = self.parts.collection(path)[0].service().settings
        return min(wanted, settings.max_page_size, settings.max_filter_terms)

    def url_with(self, **values: str | None) -> str:
        """This page's URL with other values in its query; None takes one out."""
        query = {**self.query, **values}
        kept = {name: value for name, value in query.items() if value is not None}
        path = quote(self.scope["path"], safe="/:@!$&'()*+,;=~-._")
        return f"{path}?{urlencode(kept)}" if kept else path

    def alike(self) -> Hashable | None:
        """What those have in common for whom this page is the same; None if only this asking can tell."""
        return alike(self.scope, self.personal, tuple(self.resources))

    async def _read(
        self, part: Part, query: Query[Any], work: Callable[[Snapshot, Sight], T]
    ) -> tuple[T, Position]:
        """What `work` makes of a snapshot in the sight of the caller, watched from there on."""
        service, declaration = part.service(), query.declaration
        who = part.caller(self.scope)
        self.resources[part, declaration] = None

        def look(snapshot: Snapshot) -> tuple[Any, Sight, Position]:
            seen = sight(declaration, service.rights.known(who, snapshot))
            try:
                return work(snapshot, seen), seen, snapshot.position
            except (Forbidden, NotSignedIn, NotFound) as problem:
                return problem, seen, snapshot.position

        found, seen, position = await service.reader.glance(look)
        self.watched.append(Watched(service, QueryView(seen.restrict(query)), position.number))
        self._watch_groups(service, who, position.number, declaration)
        if isinstance(found, Exception):
            raise found
        return found, position

    def _watch_groups(
        self, service: Service, who: Caller, number: int, *declarations: Declaration[Any]
    ) -> None:
        """Have what makes the caller's groups concern the page too, where it sees by them."""
        if service.rights.turns(who, *declarations):
            self._watch_membership(service, who, number)

    def _watch_membership(self, service: Service, who: Caller, number: int) -> None:
        membership = service.rights.membership
        if membership is not None and who.id is not None:
            self.watched.append(Watched(service, QueryView(membership.of(who.id)), number))


def url_of(scope: Any) -> str:
    """The path and query that a request asks for."""
    path = quote(scope["path"], safe="/:@!$&'()*+,;=~-._")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path

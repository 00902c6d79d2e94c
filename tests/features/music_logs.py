"""Music's services without servers: one writes, another learns of it, change by change, as a test lets it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from antiphon import Caller, Change, Membership, Reaction, Resource, Transaction
from antiphon.operations import Context, Permitted, Rights, write_and_wait
from antiphon.resources import R, declare
from antiphon_music.services import SERVICES
from antiphon_music.social.resources import Follow
from antiphon_music.surroundings import here

RIGHTS = Rights(Membership(Follow, member="follower", group="subject"))


class Service:
    """One service's store. `reacted` says how far in the log it reads each of its reactions is."""

    def __init__(self, name: str, folder: Path, stack: ExitStack) -> None:
        self.name = name
        self.app = SERVICES[name](here(folder))
        self.connection = stack.enter_context(self.app.connect(folder))
        self.reacted: dict[str, int] = {}
        self._rights = RIGHTS if declare(Follow) in self.app.declarations else Rights()

    @property
    def changes(self) -> list[Change[Any]]:
        """The log."""
        with self.connection._store.snapshot() as snapshot:
            return snapshot.changes(0, 1_000_000)

    def all(self, resource: type[R]) -> list[R]:
        """All records."""
        return self.connection.select(resource)

    def create(self, record: R) -> R:
        """Create a record as the service's own code does."""
        return self.connection.write(lambda tx: tx.create(record))

    def add(self, who: str, record: R) -> R:
        """Create a record as a client does."""

        def command(tx: Transaction) -> R:
            permitted = Permitted(tx, Caller(who), RIGHTS, self.app.declarations)
            return permitted.add(declare(type(record)).check(record))

        return write_and_wait(command, self.connection._store, Context(Caller(who)))[0]

    def act(self, who: str, record: Resource, name: str, **arguments: Any) -> None:
        """Run an action as a client does."""
        declaration = declare(type(record))
        act = declaration.actions[name]

        def command(tx: Transaction) -> None:
            permitted = Permitted(tx, Caller(who), self._rights, self.app.declarations)
            seen = declaration.decode(permitted.stored(declaration, record.id))
            permitted.act(act, seen, act.arguments(**arguments))

        write_and_wait(command, self.connection._store, Context(Caller(who)))

    def update(self, record: Resource, **fields: Any) -> None:
        self.connection.write(lambda tx: tx.update(record, **fields))

    def delete(self, record: Resource) -> None:
        self.connection.write(lambda tx: tx.delete(record))


class Services:
    """All services of a folder; `music["social"]` is one."""

    def __init__(self, folder: Path, names: Sequence[str], stack: ExitStack) -> None:
        self._services = {name: Service(name, folder, stack) for name in names}

    def __getitem__(self, name: str) -> Service:
        return self._services[name]

    def add(self, others: "Services", *names: str) -> None:
        """Learn from services elsewhere, too."""
        self._services |= {name: others[name] for name in names}

    def step(self, service: Service, reaction: Reaction) -> bool:
        """Let a reaction of `service` handle the next change of its source; whether there was one."""
        if reaction.service and reaction.service not in self._services:
            return False
        source = self._services[reaction.service] if reaction.service else service
        after = service.reacted.get(reaction.name, 0)
        with source.connection._store.snapshot() as snapshot:
            changes = snapshot.changes(after, 1_000_000)
        for change in changes:
            service.reacted[reaction.name] = change.number
            if change.resource == reaction.path:
                learned = reaction.change(change.row)
                service.connection.write(lambda tx: reaction(learned, tx))  # noqa: B023 - it is done at once
                return True
        return False

    def settle(self, *names: str) -> None:
        """Let these services learn all there is to learn; without names, all of them."""
        moved = True
        while moved:
            moved = False
            for name in names or self._services:
                service = self._services[name]
                for reaction in service.app.reactions:
                    while self.step(service, reaction):
                        moved = True


@contextmanager
def services(folder: Path, *names: str) -> Iterator[Services]:
    """Services by name, in one folder; without names, all."""
    with ExitStack() as stack:
        yield Services(folder, names or tuple(SERVICES), stack)

"""A program for several workers: notes, what reacts to them, a task, and sessions that end.

Beside its data, `calls` has a line for each call of the reaction to the outside world, `tasks` for each start
of the task.
"""

import asyncio
import os
import sys
from pathlib import Path

from antiphon import Access, Application, Change, Resource, Tokens, Transaction, anyone, field, react, serve

FOLDER = Path(os.environ.get("ANTIPHON_DATA", "data"))
ISSUER = "working"


class Note(Resource):
    text: str


class Copy(Resource):
    texts: list[str] = field(default_factory=list)


class Ended(Resource, path="/ended"):
    access = Access(anyone, anyone, anyone, anyone)


@react(to=Note, key="text")
def copy(change: Change[Note], tx: Transaction) -> None:
    assert change.after is not None
    known = tx.find(Copy, id="all") or Copy(id="all")
    tx.put(Copy(id="all", texts=[*known.texts, change.after.text]))


@react(to=Note)
async def call(change: Change[Note], key: str) -> None:
    note("calls", change.id)


async def stay(app: Application) -> None:
    note("tasks", str(os.getpid()))
    await asyncio.Event().wait()


def note(name: str, line: str) -> None:
    with FOLDER.with_name(name).open("a") as file:
        file.write(line + "\n")


def main() -> bool:
    app = Application(
        Note,
        Copy,
        Ended,
        name="working",
        identify=Tokens(FOLDER, issuer=ISSUER),
        revocations=Ended,
        reactions=(copy, call),
        tasks=(stay,),
    )
    return serve(app, prepare=lambda: note("prepared", str(os.getpid())))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""Reactions: a record for each of many changes, beside the same records written alone; and checked tokens."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from antiphon import Application, Change, Resource, Settings, Tokens, Transaction, field, react
from antiphon.observers import Logs
from antiphon.operations import Service
from antiphon.operations.react import Reaction
from bench import tables
from bench.catalog import Play
from bench.comparison import Comparison, require
from bench.trial import CALLERS, Trial

NAME = "charts"


class Heard(Resource, path="/heard"):
    """What is written for a play."""

    song: str = field(max_length=1000)
    seconds: float = field(ge=0)


@react(to=Play)
def hear(change: Change[Play], tx: Transaction) -> None:
    """Write a record for each play."""
    assert change.after is not None
    tx.create(heard(change.after))


def heard(play: Play) -> Heard:
    """The record for a play."""
    return Heard(id=play.id, song=play.song, seconds=play.seconds)


def compare(trial: Trial) -> Iterator[Comparison]:
    """The plays are there before: a reaction catches up with their log, or callers write the same."""
    count = trial.size(20_000)
    rows = trial.songs.rows[:count]
    plays = [
        Play(id=f"play-{number}", song=row["title"], artist="", listener="", seconds=row["length"] or 0)
        for number, row in enumerate(rows)
    ]
    row = Comparison(
        "reactions, each of which writes a record",
        f"the same records by {CALLERS} callers through `write`",
        "records/s",
        "rate",
        0.5,
    )
    row.alternate(
        lambda: count / uvloop.run(reacting(trial.fresh("reacting"), plays)),
        lambda: count / uvloop.run(writing(trial.fresh("alone"), plays)),
        trial.rounds,
    )
    yield row
    yield from checking(trial)


async def reacting(folder: Path, plays: list[Play]) -> float:
    """Seconds that the reaction takes to come to the end of the plays' log."""
    async with running(folder) as service:
        await fill(service, plays)
    start = time.perf_counter()
    async with running(folder, [hear]) as service:
        require(await service.live.reached(2 * len(plays), 60), "the reaction does not come to the end")
        seconds = time.perf_counter() - start
    check(folder, len(plays))
    return seconds


async def writing(folder: Path, plays: list[Play]) -> float:
    """Seconds that callers take to write the same records beside the plays."""
    async with running(folder) as service:
        await fill(service, plays)
    start = time.perf_counter()
    async with running(folder) as service:
        left = iter(plays)

        async def caller() -> None:
            for play in left:
                await service.write(lambda tx: tx.create(heard(play)))  # noqa: B023 - awaited at once

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        seconds = time.perf_counter() - start
    check(folder, len(plays))
    return seconds


@asynccontextmanager
async def running(folder: Path, reactions: Sequence[Reaction] = ()) -> AsyncIterator[Service]:
    """The service, without a server."""
    settings = Settings(data=str(folder), log_level="error")
    application = Application(Play, Heard, name=NAME, reactions=reactions, settings=settings)
    await application.start(Logs("text", "error"))
    application.begin()
    try:
        yield application.service
    finally:
        await application.stop()


async def fill(service: Service, plays: list[Play]) -> None:
    """Write the plays."""
    for begin in range(0, len(plays), 1000):

        def add(tx: Transaction, begin: int = begin) -> None:
            for play in plays[begin : begin + 1000]:
                tx.create(play)

        await service.write(add)


def check(folder: Path, count: int) -> None:
    """Each play has its record, once; the log has both."""
    path = folder / f"{NAME}.db"
    tables.check_log(path, {"plays": count, "heard": count})
    ((same,),) = tables.rows(path, "SELECT count(*) FROM plays JOIN heard USING (id, song)")
    require(same == count, "a record is not its play's")


def checking(trial: Trial) -> Iterator[Comparison]:
    """Tokens that are seen for the first time, and the same seen again."""
    count = trial.size(4000)
    tokens = Tokens(trial.fresh("keys"), issuer="bench")
    first = Comparison("tokens checked that are new", "-", "tokens/s", "rate", None)
    again = Comparison("tokens checked that were seen before", "-", "tokens/s", "rate", None)
    for _ in range(trial.rounds):
        issued = [tokens.issue(f"listener-{number}", roles=("listener",)) for number in range(count)]
        first.ours.append(count / seconds_to_check(tokens, issued))
        again.ours.append(count / seconds_to_check(tokens, issued))
    yield from (first, again)


def seconds_to_check(tokens: Tokens, issued: list[str]) -> float:
    """Check each, and see that it says whose it is."""
    start = time.perf_counter()
    for number, token in enumerate(issued):
        require(tokens.verify(token).id == f"listener-{number}", "a token is another's")
    return time.perf_counter() - start

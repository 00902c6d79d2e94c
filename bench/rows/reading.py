"""Pages of 50 out of 100,000 songs through `read`, beside bare apsw; and deep pages beside first ones."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import msgspec
import uvloop

from antiphon.operations import Page, Service
from antiphon.queries import Query, parse_query
from antiphon.resources import declare
from bench import pages
from bench.catalog import Song
from bench.comparison import Comparison, require
from bench.pages import LIMIT
from bench.peers.bare_page import BarePages
from bench.songs import GENRES
from bench.trial import Trial, database, service

DEEP = 90_000


def compare(trial: Trial) -> Iterator[Comparison]:
    """One service in this process; `read` is asked for one page after the other."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        opened = service(trial.catalogue)
        running = runner.run(opened.__aenter__())
        try:
            reads = Reads(runner, running, trial)
            yield filtered(reads, trial)
            for order in ("id", "title"):
                yield deep(reads, trial, order)
        finally:
            runner.run(opened.__aexit__(None, None, None))


class Reads:
    """`read` on one service, called from outside its loop."""

    def __init__(self, runner: asyncio.Runner, running: Service, trial: Trial) -> None:
        self._runner, self._service = runner, running
        self.count = trial.size(4000)

    def once(self, query: Query[Any]) -> Page:
        """One page."""
        return self._runner.run(self._service.read(query))

    def microseconds(self, queries: list[Query[Any]]) -> float:
        """The time of a page when these are asked for in turn, each until its body is there."""

        async def run() -> float:
            start = time.perf_counter()
            for query in islice(cycle(queries), self.count):
                body(await self._service.read(query))
            return time.perf_counter() - start

        return self._runner.run(run()) / self.count * 1e6


def body(page: Page) -> bytes:
    """A page as the JSON face gives it, but with the bare cursor."""
    following = b"null" if page.next is None else b'"%b"' % page.next.encode()
    return b'{"items":[%b],"next":%b}' % (b",".join(page.records), following)


def parse(text: str) -> Query[Any]:
    """The query that a URL's text asks for."""
    return parse_query(declare(Song), text.encode(), default_limit=LIMIT, max_limit=1000, max_terms=100)


def filtered(reads: Reads, trial: Trial) -> Comparison:
    """Pages of a genre: 400 different ones in turn."""
    path = database(trial.catalogue)
    asked = pages.genre_pages(path, GENRES)
    bare = BarePages(path, LIMIT)
    queries = []
    after: dict[str, str | None] = {}
    for each in asked:
        cursor = after.get(each.genre)
        query = parse(f"genre={each.genre}&limit={LIMIT}" + (f"&after={cursor}" if cursor else ""))
        page = reads.once(query)
        after[each.genre] = page.next
        expected = pages.records(path, each)
        require(page.records == expected, f"`read` gives another page for {each}")
        require(
            pages.same(bare.page(each.folded, each.after), expected), f"apsw gives another page for {each}"
        )
        queries.append(query)
    row = Comparison(
        "filtered page of 50 of 100,000 songs, through `read`", "apsw rows to msgspec bytes", "µs", "time", 2
    )

    def bare_microseconds() -> float:
        start = time.perf_counter()
        for each in islice(cycle(asked), reads.count):
            bare.page(each.folded, each.after)
        return (time.perf_counter() - start) / reads.count * 1e6

    row.alternate(lambda: reads.microseconds(queries), bare_microseconds, trial.rounds)
    return row


def deep(reads: Reads, trial: Trial, order: str) -> Comparison:
    """The page after 90,000 songs, reached by `next` alone, beside the first."""
    cursor, walked = None, 0
    while walked < DEEP:
        page = reads.once(parse(f"order={order}&limit=1000" + (f"&after={cursor}" if cursor else "")))
        cursor, walked = page.next, walked + len(page.records)
    first = parse(f"order={order}")
    late = parse(f"order={order}&after={cursor}")
    check_place(trial, order, first, reads, 0)
    check_place(trial, order, late, reads, DEEP)
    row = Comparison(
        f"deep page (record {DEEP:,}), order={order}, through `read`", "the first page", "µs", "time", 1.3
    )
    row.alternate(lambda: reads.microseconds([late]), lambda: reads.microseconds([first]), trial.rounds)
    return row


def check_place(trial: Trial, order: str, query: Query[Any], reads: Reads, place: int) -> None:
    """Hold a page to the records at its place in the whole list; raises WrongAnswer."""
    column = {"id": "id", "title": "title_folded, id"}[order]
    connection = sqlite3.connect(database(trial.catalogue))
    rows = connection.execute(f"SELECT id FROM songs ORDER BY {column} LIMIT ? OFFSET ?", (LIMIT, place))
    ids = [msgspec.json.decode(record)["id"] for record in reads.once(query).records]
    require(ids == [id for (id,) in rows], f"the page at record {place:,} in order of {order} is another")
    connection.close()

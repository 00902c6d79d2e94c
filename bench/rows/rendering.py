"""The HTML of a page of 50 of 100,000 songs, beside Django with its own ORM and templates."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import quote
from urllib.request import Request, urlopen

import msgspec

from bench import load, pages
from bench.comparison import Comparison, Run, require
from bench.pages import LIMIT, Asked
from bench.peers import processes
from bench.server import Server
from bench.shown import table
from bench.sides import Sides
from bench.songs import GENRES
from bench.trial import Trial, database

HTML = {"Accept": "text/html"}
REACH = 5
PEERS = ("granian", "uvicorn")


def compare(trial: Trial) -> Iterator[Comparison]:
    """400 different pages in turn that nobody keeps, and one page that both keep; over 64 connections."""
    path = database(trial.catalogue)
    asked = pages.genre_pages(path, GENRES)
    log = trial.folder / "html.log"
    with ExitStack() as stack:
        djangos = {name: stack.enter_context(processes.django(trial, path, name)) for name in PEERS}
        for work, kept, wanted, count in (
            ("an HTML page of 50 of 100,000 songs, which nobody keeps", False, asked, 4000),
            ("an HTML page of 50 songs, which is kept", True, asked[:1], 40_000),
        ):
            arguments = [] if kept else ["0"]
            with Server("bench.shelf", str(trial.catalogue), *arguments, log=log) as ours:
                asking = Asking(trial, path, wanted)
                run = asking.run(ours, own_targets(ours, wanted), count)
                sides = Sides(f"{work}, 64 connections", "pages/s", "rate", run)
                rows = {}
                for name, server in djangos.items():
                    targets = djangos_targets("/kept" if kept else "", wanted)
                    start = partial(asking.run, server, targets, count // 5)
                    rows[server] = sides.beside(f"Django on {name}", REACH, start)
                    rows[server].notes.append(asking.sizes)
                measured = list(sides.alternate(trial.rounds))
                for server, row in rows.items():
                    if not row.failure:
                        own, theirs = asking.taken(ours), asking.taken(server)
                        row.notes.append(
                            f"a page takes {own:,.0f} µs of the server's core, and {theirs:,.0f}"
                        )
                yield from measured


class Asking:
    """Runs that ask one server after the other for the same pages, which all have to show the same."""

    def __init__(self, trial: Trial, path: Path, wanted: list[Asked]) -> None:
        self._trial = trial
        self._path = path
        self._wanted = wanted
        self._shown: list[list[list[str]]] = []
        self._bytes: list[float] = []
        self._taken: dict[Server, list[float]] = {}

    def run(self, server: Server, targets: list[str], count: int) -> Run:
        """What asks a server `count` times for the pages, which are at `targets`."""
        bodies = {target: get(server, target) for target in targets}
        shown = [table(body)[1:] for body in bodies.values()]
        for each, rows in zip(self._wanted, shown, strict=True):
            songs = [msgspec.json.decode(record) for record in pages.records(self._path, each)]
            titles = [" ".join(song["title"].split()) for song in songs]
            begun = [row[0].partition(">")[2].removesuffix("…") for row in rows]
            require(len(begun) == len(titles), f"{each} shows {len(begun)} songs, not {len(titles)}")
            same = all(title.startswith(begin) for title, begin in zip(titles, begun, strict=True))
            require(same, f"{each} shows other songs: {begun}")
        self._shown = self._shown or shown
        require(shown == self._shown, "two servers show something else of the same songs")
        self._bytes.append(sum(map(len, bodies.values())) / len(bodies))
        headers = "".join(f"{name}: {value}\r\n" for name, value in HTML.items())
        exchanges = [load.get(target, body, headers) for target, body in bodies.items()]
        file = load.write(exchanges, self._trial.fresh("html") / "exchanges")
        taken = self._taken.setdefault(server, [])

        def asked() -> float:
            before = server.processor_seconds()
            run = load.run(server, file, self._trial.size(count))
            taken.append((server.processor_seconds() - before) / run.answers * 1e6)
            return run.rate

        return asked

    def taken(self, server: Server) -> float:
        """Microseconds of its core that a server took for a page."""
        return median(self._taken[server][1:])

    @property
    def sizes(self) -> str:
        """How long the pages are of the first server asked, and of the last."""
        ours, theirs = self._bytes[0], self._bytes[-1]
        return f"a page is {ours:,.0f} bytes, and {theirs:,.0f} of Django's, with the same table"


def get(server: Server, target: str) -> bytes:
    """The HTML of a page."""
    with urlopen(Request(f"http://{server.host}:{server.port}{target}", headers=HTML), timeout=30) as answer:
        return bytes(answer.read())


def own_targets(server: Server, wanted: list[Asked]) -> list[str]:
    """Where Antiphon has the pages; `next` of a page leads to the one after."""
    found = []
    after: dict[str, str] = {}
    for each in wanted:
        found.append(after.get(each.genre, f"/songs?genre={quote(each.genre)}&limit={LIMIT}"))
        after[each.genre] = msgspec.json.decode(server.get(found[-1]))["next"]
    return found


def djangos_targets(place: str, wanted: list[Asked]) -> list[str]:
    """Where Django has them."""
    first = [f"{place}/songs?genre={quote(each.genre)}&limit={LIMIT}" for each in wanted]
    return [
        target + (f"&after={each.after}" if each.after else "")
        for target, each in zip(first, wanted, strict=True)
    ]

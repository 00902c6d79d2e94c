"""Filtered pages of 50 out of 100,000 songs over HTTP, beside FastAPI with SQLAlchemy."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from bench import load, pages
from bench.comparison import Comparison, require
from bench.pages import LIMIT, Asked
from bench.server import Server
from bench.songs import GENRES
from bench.trial import Trial, database


def compare(trial: Trial) -> Iterator[Comparison]:
    """400 different pages in turn, over 64 connections; the quickest way to write the peer counts."""
    path = database(trial.catalogue)
    asked = pages.genre_pages(path, GENRES)
    files = trial.fresh("pages")
    with (
        Server("bench.served", str(trial.catalogue), log=trial.folder / "served.log") as ours,
        Server("bench.peers.fastapi_pages", str(path), log=trial.folder / "fastapi.log") as theirs,
    ):
        own = load.write(antiphon_pages(ours, asked, path), files / "antiphon")
        count, small = trial.size(8000), trial.size(2000)
        tried: list[tuple[float, str, Path]] = []
        for way in ("plain", "core", "blocking"):
            exchanges = load.write(peer_pages(theirs, f"/{way}/songs", asked, path), files / way)
            load.run(theirs, exchanges, small)
            tried.append((load.run(theirs, exchanges, small).rate, way, exchanges))
        _, way, quickest = max(tried)
        row = Comparison(
            "filtered page of 50 of 100,000 songs over HTTP, 64 connections",
            f"FastAPI and SQLAlchemy ({way})",
            "answers/s",
            "rate",
            4,
        )
        row.notes.append(
            "ways to write the peer, answers/s: " + ", ".join(f"{way} {rate:,.0f}" for rate, way, _ in tried)
        )
        row.alternate(
            lambda: load.run(ours, own, count).rate,
            lambda: load.run(theirs, quickest, small).rate,
            trial.rounds,
        )
    yield row


def antiphon_pages(server: Server, asked: list[Asked], path: Path) -> list[load.Exchange]:
    """The requests for the pages, each with the body it must get; `next` of a page leads to the one after."""
    found = []
    after: dict[str, str] = {}
    for each in asked:
        target = after.get(each.genre, f"/songs?genre={quote(each.genre)}&limit={LIMIT}")
        body = server.get(target)
        require(pages.same(body, pages.records(path, each)), f"{target} gives another page")
        after[each.genre] = msgspec.json.decode(body)["next"]
        found.append(load.get(target, body))
    return found


def peer_pages(server: Server, base: str, asked: list[Asked], path: Path) -> list[load.Exchange]:
    """The same for the peer."""
    found = []
    for each in asked:
        target = f"{base}?genre={quote(each.genre)}&limit={LIMIT}" + (
            f"&after={each.after}" if each.after else ""
        )
        body = server.get(target)
        require(pages.same(body, pages.records(path, each)), f"{target} gives another page")
        found.append(load.get(target, body))
    return found

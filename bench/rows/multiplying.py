"""Reads by a server of two worker processes, beside one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import msgspec

from bench import load, releases
from bench.comparison import Comparison, Run, require
from bench.server import ROOT, Server
from bench.songs import GENRES
from bench.trial import Trial

WORKERS = 2


def compare(trial: Trial) -> Iterator[Comparison]:
    """The page of each genre in turn, over 64 connections. Both may use each core but that of the load."""
    cores = len(os.sched_getaffinity(0))
    free = cores > WORKERS
    work = f"reads by {WORKERS} workers, 64 connections"
    row = Comparison(work, "one worker", "answers/s", "rate", 1.7 if free else None)
    if not takes_workers():
        row.absent = "`antiphon serve` takes no --workers here"
        yield row
        return
    if not free:
        row.notes.append(f"no goal on {cores} cores: the load needs one, and the workers share what is left")
    with ExitStack() as stack:

        def start(workers: int) -> Server:
            server = releases.start(trial, releases.fill(trial)[0], f"--workers={workers}", spread=True)
            stack.callback(server.stop)  # its workers too
            return server

        row.alternate(reads(trial, start(WORKERS)), reads(trial, start(1)), trial.rounds)
    yield row


def takes_workers() -> bool:
    """Whether a server can be told to have several."""
    command = [sys.executable, "-m", "bench.releases", "serve", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    return "--workers" in said.stdout


def reads(trial: Trial, server: Server) -> Run:
    """Answers a second."""
    exchanges = []
    for genre in GENRES:
        target = f"/releases?genre={quote(genre)}&limit={releases.EACH}"
        body = server.get(target)
        items = msgspec.json.decode(body)["items"]
        require(
            [item["genre"] for item in items] == [genre] * releases.EACH, f"{target} gives something else"
        )
        exchanges.append(load.get(target, body))
    path = load.write(exchanges, trial.fresh("reads") / "pages")
    return lambda: load.run(server, path, trial.size(40_000)).rate

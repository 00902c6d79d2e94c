"""One change to 1,000 and to 5,000 followers, with filter, policy and positions, beside peers and limits."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from statistics import median

from bench import load, releases, tables
from bench.comparison import Comparison, Run, require
from bench.followers import Delivery, Followed, Followers
from bench.peers.following import FEATHERS, GLUE, HUB, LOOP, NCHAN, WS, Peer, antiphon
from bench.server import Server
from bench.sides import Sides
from bench.songs import GENRES
from bench.streams import Streams
from bench.trial import Trial, database

SIZES = {1000: 100, 5000: 30}
"""Followers, and how many changes they are told in a run."""
CHECKED = 3
"""Releases that `check` makes."""
REACH = {HUB: 0.75, LOOP: 0.5, NCHAN: 1.1, WS: 1.3, FEATHERS: 3, GLUE: 3}


def compare(trial: Trial) -> Iterator[Comparison]:
    """Changes one after the other, the next when all have the last; all servers keep their followers."""
    for followers, changes in SIZES.items():
        yield from among(trial, followers, trial.few(changes))


def among(trial: Trial, followers: int, changes: int) -> list[Comparison]:
    """The rows of so many followers."""
    folder, records = releases.fill(trial)
    with ExitStack() as stack:

        def told(followed: Followed) -> Deliveries:
            return Deliveries(
                stack.enter_context(Followers(followed, followers, trial.folder)), followers, changes
            )

        def start(peer: Peer) -> Run:
            return told(stack.enter_context(peer.start(trial, records)))

        followed = stack.enter_context(antiphon(trial, folder))
        check(followed.server, followed.request, releases.editor(folder))
        ours = told(followed)
        sides = Sides(f"one change to {followers:,} followers", "deliveries/s", "rate", ours)
        for peer, reach in REACH.items():
            sides.beside(peer.name, reach, partial(start, peer))
        rows = list(sides.alternate(trial.rounds))
    made = releases.EACH * len(GENRES) + CHECKED + ours.made
    tables.check_log(database(folder), {"releases": made})
    rows[0].notes.append(ours.said)
    return rows


def check(server: Server, follow: bytes, editor: str) -> None:
    """See that what is followed is told whole, and the rest not at all; raises WrongAnswer."""
    hidden = load.post("/releases", releases.new(0, published=False), editor)
    other = load.post("/releases", releases.new(0, "Rock"), editor)
    seen = load.post("/releases", releases.new(0), editor)
    with Streams(server, [follow], server) as opened:
        for exchange in (hidden, other):
            with socket.create_connection((server.host, server.port), timeout=10) as writer:
                writer.sendall(exchange.request)
                require(b" 201 " in writer.recv(65536), "the release was not created")
        told = opened.ask(seen.request, 0)
        require(
            (told.kind, told.record) == (b"added", told.answer), f"{told.kind!r}: {told.record!r} was told"
        )
        opened.listen(0.2)


class Deliveries:
    """A run: `changes` changes, numbered on from run to run; deliveries a second of the median change."""

    def __init__(self, told: Followers, count: int, changes: int) -> None:
        self._told, self._count, self._changes = told, count, changes
        self._seen: list[Delivery] = []

    def __call__(self) -> float:
        for _ in range(self._changes):
            self._seen.append(self._told.change(self.made + 1))
        return self._count / (median(each.last for each in self._seen[-self._changes :]) / 1e6)

    @property
    def made(self) -> int:
        """How many changes there were."""
        return len(self._seen)

    @property
    def said(self) -> str:
        """How long they took."""
        first, last = (median(getattr(each, name) for each in self._seen) for name in ("first", "last"))
        return f"from POST to the first follower {first:,.0f} µs (durable by then), to the last {last:,.0f}"

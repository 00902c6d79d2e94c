"""One change to 1,000 followers of one query, beside a bare uvloop loop that writes the same bytes."""

import re
import socket
from collections.abc import Callable, Iterator
from statistics import median

import msgspec

from bench import load
from bench.comparison import Comparison, require
from bench.followers import Delivery, Followers
from bench.server import Server
from bench.trial import Trial

FOLLOWERS = 1000
TARGET = "/songs?genre=Jazz&from=now"
FOLLOW = f"GET {TARGET} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n".encode()
LIVE = "\r\n\r\n"
"""What ends the stream's headers: the place to follow from is settled by then."""


def compare(trial: Trial) -> Iterator[Comparison]:
    """Changes one after the other, the next when all have the last; both servers keep their followers."""
    changes = trial.size(100)
    folder = trial.fresh("following")
    with (
        Server("bench.served", str(folder), log=trial.folder / "following.log") as ours,
        Server("bench.peers.bare_stream", log=trial.folder / "bare.log") as theirs,
    ):
        event = one_event(ours)
        with (
            Followers(ours, FOLLOW, FOLLOWERS, LIVE, folder) as own,
            Followers(theirs, FOLLOW, FOLLOWERS, LIVE, folder) as bare,
        ):
            seen: list[Delivery] = []

            def antiphon(number: int) -> Delivery:
                seen.append(own.change(number, change(number)))
                return seen[-1]

            def peer(number: int) -> Delivery:
                bytes_ = re.sub(rb"change \d{7}", b"change %07d" % number, event)
                return bare.change(number, load.post("/", bytes_).request)

            row = Comparison(
                f"one change to {FOLLOWERS:,} followers of one query",
                "a bare uvloop loop writing the same bytes",
                "deliveries/s",
                "rate",
                0.5,
            )
            row.alternate(Deliveries(antiphon, changes), Deliveries(peer, changes), trial.rounds)
    first = median(each.first for each in seen)
    last = median(each.last for each in seen)
    row.notes.append(
        f"from POST to the first follower {first:,.0f} µs (durable by then), to the last {last:,.0f}"
    )
    yield row


class Deliveries:
    """A run: `changes` changes, numbered on from run to run; deliveries a second of the median change."""

    def __init__(self, make: Callable[[int], Delivery], changes: int) -> None:
        self._make, self._changes, self._number = make, changes, 0

    def __call__(self) -> float:
        taken = []
        for _ in range(self._changes):
            self._number += 1
            taken.append(self._make(self._number).last)
        return FOLLOWERS / (median(taken) / 1e6)


def change(number: int) -> bytes:
    """The request that adds song `number`, which the followed query matches."""
    song = {
        "title": f"change {number:07}",
        "artist": "Nobody",
        "genre": "Jazz",
        "length": 180.0,
        "year": 2000,
    }
    return load.post("/songs", msgspec.json.encode(song)).request


def one_event(server: Server) -> bytes:
    """The bytes, chunk framing included, in which one follower gets one change."""
    with socket.create_connection((server.host, server.port), timeout=10) as follower:
        follower.sendall(FOLLOW)
        received = b""
        while b"\r\n\r\n" not in received:
            received += follower.recv(65536)
        with socket.create_connection((server.host, server.port), timeout=10) as writer:
            writer.sendall(change(0))
            require(b" 201 " in writer.recv(65536), "the song was not created")
        while b"change 0000000" not in received or b"\n\n" not in received.partition(b"change 0000000")[2]:
            more = follower.recv(65536)
            require(bool(more), "the stream ended")
            received += more
    rest = received.partition(b"\r\n\r\n")[2]
    begin = rest.rfind(b"event: added", 0, rest.index(b"change 0000000"))
    framing = rest.rfind(b"\r\n", 0, begin - 2) + 2 if b"\r\n" in rest[: begin - 2] else 0
    return rest[framing:]

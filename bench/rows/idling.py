"""What a follower that waits takes of the server's memory: 10,000 of them, beside nchan."""

from collections.abc import Callable, Iterator
from functools import partial

from bench import releases
from bench.comparison import Comparison, Run
from bench.followers import Followed, Followers
from bench.peers.following import GLUE, NCHAN, WS, Peer, antiphon
from bench.sides import Sides
from bench.trial import Trial

FOLLOWERS = 10_000
REACH = {NCHAN: 1, WS: None, GLUE: None}


def compare(trial: Trial) -> Iterator[Comparison]:
    """Each time from a server of its own: memory that was given back once is not taken anew."""
    folder, records = releases.fill(trial)
    followers = trial.few(FOLLOWERS)

    def idle(start: Callable[[], Followed]) -> float:
        with start() as followed:
            with Followers(followed, 1, trial.folder) as first:
                first.change(1)  # what the first one makes it load is not the others'
            before = followed.server.resident()
            with Followers(followed, followers, trial.folder) as opened:
                after = followed.server.resident()
                opened.change(1)
            return (after - before) * 1000 / followers

    work = f"resident memory, each of {followers:,} idle followers"
    sides = Sides(work, "kB", "time", lambda: idle(lambda: antiphon(trial, folder)))

    def begin(peer: Peer) -> Run:
        peer.start(trial, records).server.kill()  # so it can be started
        return lambda: idle(lambda: peer.start(trial, records))

    for peer, reach in REACH.items():
        sides.beside(peer.name, reach, partial(begin, peer))
    yield from sides.alternate(trial.rounds)

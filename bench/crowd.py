"""Followers, and others who read and write meanwhile, from one process: see `crowd.c`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import programs
from bench.comparison import require
from bench.followers import Followed
from bench.load import Load
from bench.server import pin


@dataclass(frozen=True)
class Group:
    """Connections that send the exchanges of a file: `count` of them, or None: while others are not done.

    Each sends the next when it has its answer; with an `interval`, in µs, one is sent each time it is over.
    """

    exchanges: Path
    connections: int
    count: int | None = None
    interval: int = 0


@dataclass(frozen=True)
class Seen:
    """What a crowd saw: a load for each group, and the followers' deliveries as one.

    The latency of a delivery is from sending the request that makes the change. `order` has the numbers of
    the changes, as all followers got them.
    """

    groups: list[Load]
    deliveries: Load
    order: list[int]


def run(
    followed: Followed, followers: int, changes: int, groups: list[Group], folder: Path, *, wait: float = 300
) -> Seen:
    """Let the groups go, beside so many followers who are to get so many changes.

    Raises:
        WrongAnswer: an answer was wrong; or a follower missed a change, had it twice, or in another order.
    """
    request, order = followed.write(folder / "crowd-request"), folder / "crowd-order"
    server = followed.server
    command = [str(programs.crowd()), server.host, str(server.port), str(followers), str(request)]
    command += [followed.head, followed.close, str(changes), str(order)]
    for group in groups:
        command += [str(group.connections), str(group.count or 0), str(group.interval), str(group.exchanges)]
    done = subprocess.run(command, capture_output=True, check=False, preexec_fn=pin(1), timeout=wait)
    said = done.stderr.decode(errors="replace")
    require(done.returncode == 0, f"the crowd ended with {done.returncode}: {said}")
    loads = []
    for line in done.stdout.decode().splitlines():
        count, seconds, wrong, p50, p99 = line.split()
        require(int(wrong) == 0, f"{wrong} of {count} answers were wrong: {said}")
        rate = int(count) / float(seconds) if int(count) else 0.0
        loads.append(Load(int(count), rate, int(p50), int(p99)))
    delivered = loads[-1].answers
    require(delivered == followers * changes, f"{delivered} deliveries, not {followers * changes}")
    return Seen(loads[:-1], loads[-1], [int(line) for line in order.read_text().split()])

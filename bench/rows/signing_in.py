"""Sign-ins, beside bare argon2; and requests with a token, beside the same without."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median

import msgspec

from bench import load, tables
from bench.comparison import Comparison, require
from bench.load import Exchange
from bench.music import serve
from bench.people import PASSWORD, People, bearer, sign_up
from bench.server import ROOT, Server, pin
from bench.trial import Trial

CONNECTIONS = 8
CROWD = 1000


def compare(trial: Trial) -> Iterator[Comparison]:
    """Identity alone, on the first core; so is bare argon2, on as many threads."""
    people = sign_up(trial.fresh("people"), CROWD, with_password=CONNECTIONS)
    with serve(people.folder, "identity") as server:
        yield signing_in(trial, server, people)
        yield from asking(trial, server, people)


def signing_in(trial: Trial, server: Server, people: People) -> Comparison:
    """`POST /tokens` with a name and a password, each user's in turn."""
    count = (1 if trial.quick else 5) * CONNECTIONS
    names = [f"person-{number}" for number in range(people.with_password)]
    bodies = [msgspec.json.encode({"name": name, "password": PASSWORD}) for name in names]
    exchanges = load.write(
        (load.post("/tokens", body, status=200) for body in bodies), trial.fresh("sign-ins") / "sign-ins"
    )
    runs: list[load.Load] = []

    def ours() -> float:
        runs.append(load.run(server, exchanges, count, CONNECTIONS))
        return runs[-1].rate

    row = Comparison(
        f"sign-ins over {CONNECTIONS} connections",
        "argon2 alone, on as many threads",
        "sign-ins/s",
        "rate",
        None,
    )
    row.alternate(ours, lambda: count / seconds_of_argon2(count), trial.rounds)
    ((sessions,),) = tables.rows(people.folder / "identity.db", "SELECT count(*) FROM sessions")
    require(sessions == count * len(runs), f"{sessions} sessions, not {count * len(runs)}")
    p50, p99 = (median(getattr(run, name) for run in runs[1:]) / 1000 for name in ("p50", "p99"))
    row.notes.append(f"half are answered within {p50:,.0f} ms, 99 % within {p99:,.0f}")
    return row


def seconds_of_argon2(count: int) -> float:
    """What as many comparisons take."""
    command = [sys.executable, "-m", "bench.peers.bare_argon2", str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, preexec_fn=pin(0))
    return float(done.stdout)


def asking(trial: Trial, server: Server, people: People) -> Iterator[Comparison]:
    """A small record that everybody may see: whoever asks gets the same bytes."""
    count = trial.size(20_000)
    folder = trial.fresh("tokens")
    target = f"/users/{people.users[0]}"
    body = server.get(target)
    tokens = people.tokens()

    def run_of(name: str, exchanges: list[Exchange]) -> Callable[[], float]:
        path = load.write(exchanges, folder / name)
        return lambda: load.run(server, path, count).rate

    without = run_of("without", [load.get(target, body)])
    for work, used in (("one token", tokens[:1]), (f"{len(tokens):,} tokens in turn", tokens)):
        row = Comparison(
            f"GET of a user, with {work}", "the same without a token", "requests/s", "rate", None
        )
        ours = run_of(work, [load.get(target, body, bearer(token)) for token in used])
        row.alternate(ours, without, trial.rounds)
        yield row

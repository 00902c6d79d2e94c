"""A comment, and how soon the pages that are open show it: real Chromium, its DOM."""

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles

import msgspec

from antiphon import Transaction
from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.resources import Song
from antiphon_music.surroundings import here
from bench.comparison import Comparison, require, undisturbed
from bench.music import Music
from bench.people import People, sign_up
from bench.server import on
from bench.trial import Trial
from bench.windows import Windows

CROWD = 100
PAUSE, LONG_PAUSE = 0.25, 2.0
"""Seconds between two comments, and where a crowd of pages shows each: they find the pages at rest."""
QUIET = 2.0
"""So long the pages have for what is late."""


@dataclass
class Delays:
    """Milliseconds from sending a comment until the DOM had it, run by run."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    count: int = 0

    def add(self, found: list[float]) -> None:
        """One run's."""
        self.count += len(found)
        self.p50.append(median(found))
        self.p99.append(quantiles(found, n=100, method="inclusive")[98])


def compare(trial: Trial) -> Iterator[Comparison]:
    """The pages of songs in music, each window another person's; one more comments by request."""
    people = sign_up(trial.fresh("people"), CROWD + 1)
    crowd = 10 if trial.quick else CROWD
    alone = measure(trial, people, 1, one_song=True)
    for work, one_song in (
        ("each of {} pages open at its song", True),
        ("the one of {} open pages that it concerns", False),
    ):
        found = measure(trial, people, crowd, one_song=one_song)
        for name in ("p50", "p99"):
            row = Comparison(
                f"from a comment to the DOM of {work.format(crowd)}, {name}",
                "1 open page",
                "ms",
                "time",
                None,
                getattr(found, name),
                getattr(alone, name),
            )
            row.notes.append(
                f"seen {found.count:,} and {alone.count:,} times, in real Chromium, each page in a profile"
                f" of its own; all {crowd} share the second core, where one shows a comment after the other"
            )
            yield row


def measure(trial: Trial, people: People, windows: int, *, one_song: bool) -> Delays:
    """Of `rounds` runs, after one to warm up."""
    people = people.copy(trial.fresh("showing"))
    songs = ["song-0"] * windows if one_song else [f"song-{number}" for number in range(windows)]
    add_songs(people, sorted(set(songs)))
    crowded = one_song and windows > 1
    comments, pause = (trial.few(15), LONG_PAUSE) if crowded else (trial.few(40), PAUSE)
    numbers = count()
    delays = Delays()
    with Music(people.folder, together=True) as music:
        server = music.server_of("social")
        base = f"http://{server.host}:{server.port}"
        tokens = people.tokens()
        with Windows([f"{base}/songs/{song}" for song in songs], tokens) as opened, undisturbed(), on(1):
            line = http.client.HTTPConnection(server.host, server.port, timeout=30)
            for round_ in range(trial.rounds + 1):
                said = []
                for _ in range(comments):
                    number = next(numbers)
                    concerned = range(windows) if one_song else (number % windows,)
                    said.append(
                        (f"Comment {number}", concerned, say(line, tokens[-1], songs[concerned[0]], number))
                    )
                    time.sleep(pause)
                time.sleep(QUIET)
                taken = delays_of(said, opened.seen())
                if round_:
                    delays.add(taken)
            line.close()
    return delays


def delays_of(said: list[tuple[str, range | tuple[int], float]], seen: list[dict[str, int]]) -> list[float]:
    """How long each comment took to each page that it concerns; no other may have it."""
    taken = []
    for text, concerned, sent in said:
        have = {page for page, times in enumerate(seen) if text in times}
        require(have == set(concerned), f"{text!r} is on the pages {sorted(have)}, not {list(concerned)}")
        taken += [max(0.0, seen[page][text] - sent) for page in concerned]
    return taken


def say(line: http.client.HTTPConnection, token: str, song: str, number: int) -> float:
    """Comment on a song; when it was sent, in milliseconds since 1970."""
    body = msgspec.json.encode({"subject": f"/songs/{song}", "text": f"Comment {number}"})
    sent = time.time() * 1000
    line.request(
        "POST", "/comments", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    )
    answer = line.getresponse()
    answer.read()
    require(answer.status == 201, f"a comment was answered {answer.status}")
    return sent


def add_songs(people: People, songs: list[str]) -> None:
    """Put songs with these ids into the catalogue."""

    def add(tx: Transaction) -> None:
        for song in songs:
            tx.create(Song(id=song, title=f"The {song}"))

    with catalogue(here(people.folder)).connect(people.folder) as connection:
        connection.write(add)

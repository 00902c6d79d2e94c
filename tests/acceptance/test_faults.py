"""Services of music are killed under load: the others carry on, and it ends as if nothing had been."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.calls import Line
from tests.acceptance.music import Caller, Music, playing
from tests.acceptance.people import GENRES, Record, World, token_of
from tests.acceptance.reckoning import actors, chart, released, told
from tests.acceptance.server import eventually
from tests.acceptance.under_fire import Run

from antiphon_music.services import SERVICES

QUIET, BUSY = 0.12, 0.02
"""Seconds between two things that somebody does."""
NOTICED = 0.5
"""Seconds after which the end of a connection is noticed, on a busy machine."""


def everything(caller: Caller, path: str) -> list[Record]:
    """All records of a collection."""
    found: list[Record] = []
    url: str | None = f"{path}?limit=1000"
    while url is not None:
        page = caller.get(url).json()
        found += page["items"]
        url = page["next"]
    return found


def check_acts(music: Music, world: World, service: str) -> None:
    """Each act is there once."""
    reader = music.client(service)
    assert (
        Counter((each["listener"], each["song_id"]) for each in everything(reader, "/plays")) == world.plays
    )
    for name, known, fields in (
        ("likes", world.likes, ("person", "subject")),
        ("follows", world.follows, ("follower", "subject")),
        ("comments", world.comments, ("author", "subject", "text")),
    ):
        assert {id: [each[field] for field in fields] for id, each in by_id(reader, f"/{name}").items()} == {
            id: [each[field] for field in fields] for id, each in known.items()
        }
    for comment in everything(reader, "/comments"):
        author = comment["author"]
        assert comment["audience"] == (f"/users/{author}" if world.people[author]["private"] else None)
    assert {id: each["name"] for id, each in by_id(reader, "/users").items()} == {
        id: each["name"] for id, each in world.people.items()
    }
    assert {id: each["name"] for id, each in by_id(reader, "/artists").items()} == world.artists
    songs = by_id(reader, "/songs")
    assert songs.keys() == world.songs.keys()
    assert [each["artist"] for each in songs.values()] == [
        world.artists[each["artist_id"]] for each in songs.values()
    ]
    assert by_id(reader, "/albums").keys() == world.albums.keys()


def check_tallies(music: Music, world: World) -> None:
    """Each like, follow and public comment is counted once."""
    reader = music.client()
    likes, follows = (
        Counter(each["subject"] for each in acts.values()) for acts in (world.likes, world.follows)
    )
    comments = Counter(
        each["subject"] for each in world.comments.values() if not world.people[each["author"]]["private"]
    )
    expected = {
        subject: (likes[subject], follows[subject], comments[subject])
        for subject in likes.keys() | follows.keys() | comments.keys()
    }
    agree(
        lambda: {
            each["subject"]: (each["likes"], each["follows"], each["comments"])
            for each in everything(reader, "/tallies")
        },
        expected,
    )


def check_charts(music: Music, world: World) -> None:
    """Each play is counted once, under what the catalogue says in the end."""
    reader = music.client()
    for what, name in (("song", "title"), ("artist", "artist"), ("album", "album")):
        for genre in (None, *GENRES):
            for window in ("all", "1d"):
                query = f"/top-{what}s?limit=100&window={window}" + (f"&genre={genre}" if genre else "")
                expected = chart(world, what, genre)[:100]

                def found(query: str = query, name: str = name, what: str = what) -> list[tuple[Any, ...]]:
                    items = reader.get(query).json()["items"]
                    return [(each[name], each[f"{what}_id"], each["plays"], each["rank"]) for each in items]

                agree(found, expected)


def check_told(music: Music, world: World, line: Line) -> int:
    """Everybody is told each thing once; how many things it were."""
    everyone = told(world)
    expected = Counter({key: len(happenings) for key, happenings in everyone.items()}) + released(world)
    found: Counter[tuple[str, str, str]] = Counter()
    for id in world.people:
        reader = music.client(token_of(line, id))
        notifications = everything(reader, "/notifications")
        keys = Counter((id, each["kind"], each["subject"]) for each in notifications)
        for each in notifications:
            key = (id, each["kind"], each["subject"])
            found[key] += each["count"]
            if key in everyone and keys[key] == 1:
                happenings = everyone[key]
                assert each["actors"] == actors(happenings), (key, each, happenings)
                assert each["latest"] == happenings[0].path
                assert each["text"].startswith(happenings[0].actor)
        unread = sum(not each["read"] for each in notifications)
        assert reader.get(f"/unread/{id}").json()["count"] == unread
    assert found == expected
    return sum(found.values())


def check_ended(music: Music, world: World) -> None:
    """Nobody believes the token of a session that is over."""
    for token in world.ended[-10:]:
        gone = music.client(token)
        for path in ("/songs", "/users", "/comments", "/top-artists", "/notifications"):
            assert gone.get(path).status_code == 401


def check_ends(run: Run, *, together: bool) -> None:
    """No stream ended but those of a process that was killed, when it was."""
    for each in run.tellings:
        kills = [kill for kill in run.kills if together or kill.service == each.service]
        for end in each.ends:
            late = min(end - kill.ended for kill in kills if kill.begun <= end)
            assert late < NOTICED, f"{each.path} of {each.service} ended {late} s after the last kill"


def agree(find: Callable[[], Any], expected: Any) -> None:
    """What is found becomes what is expected."""
    if not eventually(lambda: find() == expected, 10):
        assert find() == expected


def by_id(caller: Caller, path: str) -> dict[str, Record]:
    """All records of a collection, under their ids."""
    return {each["id"]: each for each in everything(caller, path)}


async def under_fire(music: Music, rounds: int, seed: int, pause: float) -> Run:
    async with Line(music) as line:
        run = Run(music, line, seed, pause)
        await run.go(rounds)
        return run


def attack(folder: Path, rounds: int, seed: int, pause: float, *, together: bool) -> dict[str, Any]:
    """Kill under load, and hold all that is there in the end against what was acknowledged; the figures."""
    # a chart that catches up tells faster than a busy reader takes it: none is to be cut for that here
    settings = {"heartbeat_seconds": 0.5, "follower_bytes": 2**30}
    with playing(folder, together=together, **settings) as music:
        run = asyncio.run(under_fire(music, rounds, seed, pause))
        check_acts(music, run.world, token_of(run.line, "x", "service"))
        check_tallies(music, run.world)
        check_charts(music, run.world)
        things = check_told(music, run.world, run.line)
        check_ended(music, run.world)
        events = sum(each.check() for each in run.tellings)
        check_ends(run, together=together)
    figures = run.figures() | {"told_people": things, "told_on_streams": events}
    print(figures)
    return figures


def test_each_service_is_killed_and_the_others_carry_on(tmp_path: Path) -> None:
    figures = attack(tmp_path / "data", 5, 1, QUIET, together=False)
    assert figures["kills"] == dict.fromkeys(SERVICES, 5)
    assert figures["acts"] > 100


def test_all_services_are_killed_at_once(tmp_path: Path) -> None:
    assert attack(tmp_path / "data", 2, 2, QUIET, together=True)["acts"] > 20


@pytest.mark.long
def test_each_service_is_killed_50_times(tmp_path: Path) -> None:
    figures = attack(tmp_path / "data", 50, 3, BUSY, together=False)
    assert figures["kills"] == dict.fromkeys(SERVICES, 50)
    assert figures["acts"] > 5000


@pytest.mark.long
def test_all_services_are_killed_at_once_30_times(tmp_path: Path) -> None:
    assert attack(tmp_path / "data", 30, 4, BUSY, together=True)["acts"] > 500

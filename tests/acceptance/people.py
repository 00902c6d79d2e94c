"""People who use music all at once, and what they were promised: a world to hold the services against."""

import asyncio
import random
import time
from collections import Counter
from typing import Any

from tests.acceptance.calls import Line

from antiphon_music.surroundings import here

Record = dict[str, Any]
GENRES = ("Jazz", "Rock", "Folk")
PASSWORD = "correct horse"
SIGNED_IN_SECONDS = 600
"""After so long somebody signs in again, before the token ends."""


class World:
    """All that was acknowledged. Songs of `releasing` artists come out all the time."""

    def __init__(self) -> None:
        self.people: dict[str, Record] = {}
        self.artists: dict[str, str] = {f"artist-{number}": f"Artist {number}" for number in range(5)}
        self.releasing = ("artist-0", "artist-1")
        self.albums: dict[str, Record] = {
            f"album-{number}": self.piece(f"Album {number}", f"artist-{number % 5}") for number in range(6)
        }
        self.songs: dict[str, Record] = {
            f"song-{number:02}": self.piece(f"Song {number:02}", f"artist-{number % 5}")
            | {"genre": GENRES[number % 3], "album": f"Album {number % 6}", "album_id": f"album-{number % 6}"}
            for number in range(20)
        }
        self.released: list[tuple[str, str, str]] = []
        self.plays: Counter[tuple[str, str]] = Counter()
        self.comments: dict[str, Record] = {}
        self.likes: dict[str, Record] = {}
        self.follows: dict[str, Record] = {}
        self.ended: list[str] = []
        self.acts: Counter[str] = Counter()

    def piece(self, title: str, artist: str) -> Record:
        """A song or an album of an artist, as it is called now."""
        return {"title": title, "artist": self.artists[artist], "artist_id": artist}

    def id_of(self, name: str) -> str | None:
        """Whose name it is."""
        return next((id for id, person in self.people.items() if person["name"] == name), None)


class Somebody:
    """Who does one thing after the other, each until it is done."""

    def __init__(self, world: World, line: Line, seed: int) -> None:
        self.world = world
        self.line = line
        self.random = random.Random(seed)
        self.token = ""

    async def live(self, ended: asyncio.Event, pause: float) -> None:
        """Do things until it is over, with pauses of so many seconds on average."""
        while not ended.is_set():
            name, weight = zip(*self.habits().items(), strict=True)
            await getattr(self, self.random.choices(name, weight)[0])()
            await asyncio.sleep(self.random.uniform(0, 2 * pause))

    def habits(self) -> dict[str, int]:
        """What is done, and how often each."""
        raise NotImplementedError

    async def do(self, method: str, path: str, body: Any = None, *refusals: int) -> Record | None:
        """Do one thing; the record that it made. None if it made none, or was refused."""
        answer = await self.line.ask(method, path, self.token, body)
        if answer.status_code in refusals:
            return None
        assert answer.status_code in (200, 201, 204), f"{method} {path} {answer.status_code} {answer.text}"
        self.world.acts[f"{method} /{path.split('/')[1].partition('?')[0]}"] += method != "GET"
        made: Record | None = answer.json() if answer.content else None
        return made


class Person(Somebody):
    """Somebody who signs up, and then plays, says, likes and follows."""

    def __init__(self, world: World, line: Line, name: str, seed: int, *, private: bool = False) -> None:
        super().__init__(world, line, seed)
        self.name = name
        self.private = private
        self.id = ""
        self._signed_in = 0.0

    async def sign_up(self) -> None:
        """Become known; the name may have been given already, in an answer that was lost."""
        body = {"name": self.name, "password": PASSWORD, "private": self.private}
        await self.do("POST", "/users", body, 409)
        await self.sign_in()
        session = await self.do("GET", "/session")
        assert session is not None
        self.id = session["user"]
        self.world.people[self.id] = {"name": self.name, "private": self.private}

    async def sign_in(self) -> None:
        """Have a token, for a while."""
        self.token = ""
        granted = await self.do("POST", "/tokens", {"name": self.name, "password": PASSWORD})
        assert granted is not None
        self.token, self._signed_in = granted["access_token"], time.monotonic()

    def habits(self) -> dict[str, int]:
        if time.monotonic() > self._signed_in + SIGNED_IN_SECONDS:
            return {"sign_in": 1}
        return {
            "play": 30,
            "comment": 8,
            "reply": 5,
            "edit": 6,
            "delete": 2,
            "like": 12,
            "follow_somebody": 3,
            "follow_artist": 3,
            "read": 3,
            "leave_and_return": 1,
        }

    async def play(self) -> None:
        song = self.random.choice(list(self.world.songs))
        await self.do("POST", "/plays", {"song_id": song})
        self.world.plays[self.id, song] += 1

    async def comment(self) -> None:
        things = self.random.choice((("songs", self.world.songs), ("albums", self.world.albums)))
        await self._say(f"/{things[0]}/{self.random.choice(list(things[1]))}")

    async def reply(self) -> None:
        if self.world.comments:
            await self._say(f"/comments/{self._comment()}")

    async def _say(self, subject: str) -> None:
        # a comment that is gone, or not to be seen by this one, cannot be replied to
        made = await self.do("POST", "/comments", {"subject": subject, "text": self._words()}, 422)
        if made is not None:
            self.world.comments[made["id"]] = made

    def _words(self) -> str:
        names = [person["name"] for person in self.world.people.values()] + ["nobody"]
        words = ["well", *(f"@{name}" for name in self.random.sample(names, self.random.randrange(3)))]
        return f"{' '.join(words)} {self.random.randrange(1000)}"

    def _comment(self) -> str:
        return self.random.choice(list(self.world.comments)[-200:])

    def _own(self) -> str | None:
        own = [id for id, each in self.world.comments.items() if each["author"] == self.id]
        return self.random.choice(own[-30:]) if own else None

    async def edit(self) -> None:
        if (id := self._own()) is not None:
            text = self._words()
            await self.do("PATCH", f"/comments/{id}", {"text": text})
            self.world.comments[id]["text"] = text

    async def delete(self) -> None:
        if (id := self._own()) is not None:
            await self.do("DELETE", f"/comments/{id}")
            del self.world.comments[id]

    async def like(self) -> None:
        subject = f"/songs/{self.random.choice(list(self.world.songs))}"
        if self.world.comments and self.random.random() < 0.8:
            subject = f"/comments/{self._comment()}"
        await self._toggle("likes", self.world.likes, "person", subject)

    async def follow_artist(self) -> None:
        artist = self.random.choice([each for each in self.world.artists if each not in self.world.releasing])
        await self._toggle("follows", self.world.follows, "follower", f"/artists/{artist}")

    async def follow_somebody(self) -> None:
        user = self.random.choice(list(self.world.people))
        followed = {each["subject"] for each in self.world.follows.values() if each["follower"] == self.id}
        if user != self.id and f"/users/{user}" not in followed:
            await self.follow(f"/users/{user}")

    async def follow(self, subject: str) -> None:
        await self._toggle("follows", self.world.follows, "follower", subject)

    async def _toggle(self, name: str, known: dict[str, Record], who: str, subject: str) -> None:
        found = [id for id, each in known.items() if (each[who], each["subject"]) == (self.id, subject)]
        if found:
            await self.do("DELETE", f"/{name}/{found[0]}")
            del known[found[0]]
        elif (made := await self.do("POST", f"/{name}", {"subject": subject}, 422)) is not None:
            known[made["id"]] = made

    async def read(self) -> None:
        """Read of a new follower: of what is never taken back, so that it does not matter when."""
        page = await self.do("GET", "/notifications?kind=follower&read=false")
        assert page is not None
        for each in page["items"]:
            await self.do("PATCH", f"/notifications/{each['id']}", {"read": True})

    async def leave_and_return(self) -> None:
        answer = await self.line.ask("DELETE", "/session", self.token)
        assert answer.status_code in (204, 401)  # it may have ended, in an answer that was lost
        self.world.ended.append(self.token)
        await self.sign_in()


class Editor(Somebody):
    """Who fills the catalogue, and calls things by other names."""

    def __init__(self, world: World, line: Line, seed: int) -> None:
        super().__init__(world, line, seed)
        self.token = token_of(line, "editor", "editor")
        self._count = 0

    async def fill(self) -> None:
        """Enter what there is from the beginning."""
        for id, name in self.world.artists.items():
            await self.do("PUT", f"/artists/{id}", {"name": name})
        for name in ("albums", "songs"):
            for id, record in getattr(self.world, name).items():
                await self.do("PUT", f"/{name}/{id}", record)

    def habits(self) -> dict[str, int]:
        return {"rename": 4, "release": 2, "judge": 2}

    async def rename(self) -> None:
        self._count += 1
        artist = self.random.choice(list(self.world.artists))
        name = f"Artist {artist[-1]} the {self._count}th"
        await self.do("PATCH", f"/artists/{artist}", {"name": name})
        self.world.artists[artist] = name

    async def release(self) -> None:
        self._count += 1
        name = self.random.choice(("songs", "albums"))
        artist = self.random.choice(self.world.releasing)
        record = self.world.piece(f"New {self._count:06}", artist)
        made = await self.do("POST", f"/{name}", record)
        assert made is not None
        getattr(self.world, name)[made["id"]] = record
        self.world.released.append((name[:-1], artist, made["id"]))

    async def judge(self) -> None:
        """Put a song under another genre."""
        song, genre = self.random.choice(list(self.world.songs)), self.random.choice(GENRES)
        await self.do("PATCH", f"/songs/{song}", {"genre": genre})
        self.world.songs[song]["genre"] = genre


def token_of(line: Line, id: str, *roles: str) -> str:
    """A token that lasts as long as any test."""
    tokens: Any = here(line.music.folder).identify
    token: str = tokens.issue(id, roles=roles, seconds=86_400)
    return token

"""Charts in a store, told of changes and of time passing as a test likes; and what they ought to be."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from antiphon import Connection, Reaction, Resource, Transaction
from antiphon_music.charts.application import RESOURCES, charts
from antiphon_music.charts.counting import count_plays, know_albums, know_artists, know_songs
from antiphon_music.charts.resources import Facts, Publication, Top, TopAlbum, TopArtist, TopSong
from antiphon_music.charts.sweeping import sweep
from antiphon_music.charts.windows import hour_of
from antiphon_music.surroundings import here

BEGIN = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
T = TypeVar("T")
R = TypeVar("R", bound=Resource)
DAYS = {"all": None, "30d": 30, "7d": 7, "1d": 1}


class Later:
    """A transaction at another time."""

    def __init__(self, tx: Any, now: datetime) -> None:
        self._tx = tx
        self.now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


class Counted:
    """Charts that are told of what happens elsewhere."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = BEGIN
        self._told: dict[tuple[str, str], bytes] = {}
        self._tx: Any = None

    def at_once(self, work: Callable[[], None]) -> None:
        """Do many things in one transaction, which is quicker."""

        def command(tx: Transaction) -> None:
            self._tx = tx
            work()

        try:
            self.connection.write(command)
        finally:
            self._tx = None

    def _do(self, command: Callable[[Any], T]) -> T:
        return self.connection.write(command) if self._tx is None else command(self._tx)

    def select(self, resource: type[R], **query: Any) -> list[R]:
        return self._do(lambda tx: tx.select(resource, **query))

    @property
    def number(self) -> int:
        """How many changes there were."""
        found: int = self._do(lambda tx: tx.number)
        return found

    def forget(self) -> None:
        """Begin anew."""

        def command(tx: Transaction) -> None:
            for resource in RESOURCES:
                for record in tx.select(resource):
                    tx.delete(record)

        self._do(command)
        self._told.clear()
        self.now = BEGIN

    def tell(self, reaction: Reaction, id: str, after: Any) -> None:
        """Tell a reaction of a record as it is now, or with None that it is gone."""
        before = self._told.pop((reaction.name, id), None)
        stored = None if after is None else msgspec.json.encode(after)
        if stored is not None:
            self._told[reaction.name, id] = stored
        kind = "added" if before is None else "removed" if stored is None else "changed"
        change = reaction.change((1, "", reaction.path, id, kind, before, stored, None, None, None))  # type: ignore[arg-type]
        self._do(lambda tx: reaction(change, Later(tx, self.now)))

    def play(self, id: str, song: str, at: datetime | None) -> None:
        self.tell(count_plays, id, {"song_id": song, "at": at})

    def song(self, id: str, facts: dict[str, Any] | None) -> None:
        self.tell(know_songs, id, facts)

    def artist(self, id: str, name: str) -> None:
        self.tell(know_artists, id, {"name": name})

    def album(self, id: str, **facts: Any) -> None:
        self.tell(know_albums, id, facts)

    def sweep(self, most: int = 1000) -> bool:
        hour = hour_of(self.now)
        return self._do(lambda tx: sweep(tx, hour, most))

    def settle(self, most: int = 1000) -> None:
        """Bring the charts up to what is known."""
        while self.sweep(most):
            pass

    @property
    def pending(self) -> bool:
        return bool(self.select(Publication, pending=True))

    def shown(self, top: type[Top], **chart: Any) -> list[Any]:
        """A chart, best first."""
        name = {TopArtist: "artist", TopSong: "title", TopAlbum: "album"}[top]
        return self.select(top, order=f"-plays,{name}", **({"window": "all", "genre": None} | chart))

    def everything(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """All that the charts show, but ranks."""
        found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for artist in self.select(TopArtist):
            key = ("artist", artist.artist_id or artist.artist, artist.window, artist.genre)
            found[key] = (artist.plays, artist.artist, artist.artist_id)
        for song in self.select(TopSong):
            key = ("song", song.song_id, song.window, song.genre)
            found[key] = (song.plays, song.title, song.artist, song.artist_id)
        for album in self.select(TopAlbum):
            key = ("album", album.album_id or album.album, album.window, album.genre)
            found[key] = (album.plays, album.album, album.artist, album.artist_id)
        return found


@contextmanager
def counted(folder: Path) -> Iterator[Counted]:
    with charts(here(folder)).connect(folder) as connection:
        yield Counted(connection)


def expected(
    plays: list[tuple[str, datetime | None]],
    songs: dict[str, Facts],
    artists: dict[str, str],
    albums: dict[str, dict[str, Any]],
    now: datetime,
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The same, counted from the beginning."""
    numbers: Counter[tuple[Any, ...]] = Counter()
    faces: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    for song_id, at in plays:
        song = songs.get(song_id)
        if song is None:
            continue
        for window, days in DAYS.items():
            hour = at and at.replace(minute=0, second=0, microsecond=0)
            if days is not None and (hour is None or this_hour - hour > timedelta(days=days)):
                continue
            for genre in {None, song.genre}:
                entries: dict[tuple[str, str], tuple[Any, ...]] = {
                    ("song", song_id): (song.title, song.artist, song.artist_id)
                }
                if song.artist_id or song.artist:
                    name = artists.get(song.artist_id or "", song.artist)
                    entries["artist", song.artist_id or song.artist or ""] = (name, song.artist_id)
                if song.album_id or song.album:
                    album = albums.get(song.album_id or "")
                    face: tuple[Any, ...] = (song.album, None, None)
                    if song.album_id is None:
                        face = (song.album, song.artist, song.artist_id)
                    if album is not None:
                        face = (album["title"], album["artist"], album["artist_id"])
                    entries["album", song.album_id or song.album or ""] = face
                for entry, shown in entries.items():
                    numbers[*entry, window, genre] += 1
                    faces[*entry, window, genre] = shown
    return {key: (number, *faces[key]) for key, number in numbers.items()}

"""People who use music's services, as a test lets them."""

from contextlib import suppress
from typing import Any

from tests.features.music_logs import Services

from antiphon import errors
from antiphon_music.catalog.resources import Artist, Song
from antiphon_music.identity.resources import User
from antiphon_music.social.resources import Comment, Follow, Like


class World:
    """People who act, by their names; each is known by its name to itself alone until it signs up."""

    def __init__(self, music: Services) -> None:
        self.music = music
        self.identity, self.social, self.catalog = (music[name] for name in ("identity", "social", "catalog"))
        self.comments: list[Comment] = []
        self.songs: list[Song] = []
        self.known: set[str] = set()

    def sign_up(self, name: str, *, private: bool = False) -> None:
        if name not in self.known:  # who has left may come again, but under another id
            self.known.add(name)
            self.identity.connection.write(
                lambda tx: tx.create(User(id=name, name=name, private=private, created=tx.now))
            )
            self.music.settle("social")

    def leave(self, name: str) -> None:
        if (user := self.identity.connection.find(User, id=name)) is not None:
            self.identity.delete(user)
            self.music.settle("social")

    def hide(self, name: str, *, private: bool) -> None:
        if (user := self.identity.connection.find(User, id=name)) is not None:
            self.identity.update(user, private=private)
            self.music.settle("social")

    def comment(self, name: str, text: str, parent: int | None = None) -> None:
        subject = "/songs/s"
        if parent is not None and self.comments:
            subject = f"/comments/{self.comments[parent % len(self.comments)].id}"
        with suppress(errors.Invalid):  # what it would reply to is not there, or not for it
            self.comments.append(self.social.add(name, Comment(subject=subject, text=text)))

    def edit(self, place: int, text: str) -> None:
        if (comment := self.found(place)) is not None:
            self.social.update(comment, text=text)

    def delete(self, place: int) -> None:
        if (comment := self.found(place)) is not None:
            self.social.delete(comment)

    def found(self, place: int) -> Comment | None:
        if not self.comments:
            return None
        return self.social.connection.find(Comment, id=self.comments[place % len(self.comments)].id)

    def like(self, name: str, place: int) -> None:
        if self.comments:
            self.toggle(name, Like, f"/comments/{self.comments[place % len(self.comments)].id}")

    def follow(self, name: str, subject: str) -> None:
        self.toggle(name, Follow, subject)

    def toggle(self, name: str, resource: type[Like] | type[Follow], subject: str) -> None:
        who = {"person" if resource is Like else "follower": name}
        known = self.social.connection.find(resource, subject=subject, **who)
        with suppress(errors.Invalid):
            if known is not None:
                self.social.delete(known)
            else:
                self.social.add(name, resource(subject=subject))

    def release(self, artist: str) -> None:
        def command(tx: Any) -> Song:
            if tx.find(Artist, id=artist) is None:
                tx.create(Artist(id=artist, name=artist.title()))
            song: Song = tx.create(Song(title="New", artist=artist.title(), artist_id=artist))
            return song

        self.songs.append(self.catalog.connection.write(command))

    def move(self, place: int, artist: str) -> None:
        if self.songs and self.catalog.connection.find(Artist, id=artist) is not None:
            song = self.songs[place % len(self.songs)]
            self.catalog.update(song, artist=artist.title(), artist_id=artist)

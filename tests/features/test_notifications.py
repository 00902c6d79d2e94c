"""Who is told what: by what is known in the end, whatever order it was learned in."""

from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.music_logs import Service, Services, services

from antiphon import errors
from antiphon_music.catalog.resources import Artist, Song
from antiphon_music.identity.resources import User
from antiphon_music.notifications.facts import Person
from antiphon_music.notifications.mentions import mentions_in
from antiphon_music.notifications.resources import Notification, Unread
from antiphon_music.social.resources import Comment, Follow, Like

SOURCES = ("catalog", "identity", "social")
PEOPLE = ("ana", "ben", "cy")
Step = tuple[Any, ...]


class World:
    """People who act, by their names; each is known by its name to itself alone until it signs up."""

    def __init__(self, music: Services) -> None:
        self.music = music
        self.identity, self.social, self.catalog = (music[name] for name in ("identity", "social", "catalog"))
        self.comments: list[Comment] = []
        self.songs: list[Song] = []
        self.known: set[str] = set()

    def sign_up(self, name: str, *, private: bool = False) -> None:
        if name not in self.known:  # who has left may come again, but as another
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


def told(service: Service) -> list[tuple[Any, ...]]:
    """All notifications, without what differs from run to run."""
    return sorted(
        (each.recipient, each.kind, each.subject, each.latest, each.actors, each.count, each.text, each.read)
        for each in service.all(Notification)
    )


def expected(world: World) -> Counter[tuple[str, str, str]]:
    """How many things each is to be told of, by recipient, kind and subject: by what there is in the end."""
    known = {user.id: user for user in world.identity.all(User)}
    comments = {comment.id: comment for comment in world.social.all(Comment)}
    follows = world.social.all(Follow)
    found: Counter[tuple[str, str, str]] = Counter()

    def sees(person: str, comment: Comment) -> bool:
        audience = comment.audience
        return audience is None or any(
            each.follower == person and each.subject == audience for each in follows
        )

    named: dict[tuple[str, str], datetime] = {}
    released: dict[str, tuple[str, datetime]] = {}
    followed: dict[str, datetime] = {}
    for change in world.social.changes:
        if change.resource == "/follows" and change.kind == "added":
            followed[change.id] = datetime.fromisoformat(change.time)
        if change.resource == "/comments":
            before = set() if change.before is None else set(mentions_in(change.before.text))
            after = set() if change.after is None else set(mentions_in(change.after.text))
            named |= {(change.id, name): datetime.fromisoformat(change.time) for name in after - before}
    for change in world.catalog.changes:
        if change.resource == "/songs" and change.after is not None:
            since = released[change.id][1] if change.id in released else datetime.fromisoformat(change.time)
            released[change.id] = change.after.artist_id, since
    for comment in comments.values():
        for name in mentions_in(comment.text):
            user = known.get(name)
            if (
                user is not None
                and user.created is not None
                and user.created <= named[comment.id, name]
                and name != comment.author
                and sees(name, comment)
            ):
                found[name, "mention", comment.subject] += 1
        parent = comments.get(comment.subject.removeprefix("/comments/"))
        if (
            parent
            and parent.author in known
            and parent.author != comment.author
            and sees(parent.author, comment)
        ):
            found[parent.author, "reply", comment.subject] += 1
    for like in world.social.all(Like):
        liked = comments.get(like.subject.removeprefix("/comments/"))
        if liked is not None and liked.author in known and liked.author != like.person:
            found[liked.author, "like", like.subject] += 1
    for follow in follows:
        _, what, id = follow.subject.split("/")
        if what == "users" and id in known:
            found[id, "follower", follow.subject] += 1
        if what == "artists" and follow.follower in known:
            for artist, time in released.values():
                if artist == id and followed[follow.id] < time:
                    found[follow.follower, "song", follow.subject] += 1
    return found


SUBJECTS = st.sampled_from([f"/users/{name}" for name in PEOPLE] + ["/artists/x", "/artists/y"])
TEXTS = st.lists(st.sampled_from([*(f"@{name}" for name in PEOPLE), "well"]), min_size=1, max_size=4).map(
    " ".join
)
PLACES = st.integers(0, 3)
NAMES = st.sampled_from(PEOPLE)
STEPS = st.one_of(
    st.tuples(st.just("sign_up"), NAMES),
    st.tuples(st.just("leave"), NAMES),
    st.tuples(st.just("hide"), NAMES, st.booleans()),
    st.tuples(st.just("comment"), NAMES, TEXTS, st.none() | PLACES),
    st.tuples(st.just("comment"), NAMES, TEXTS, st.none() | PLACES),
    st.tuples(st.just("edit"), PLACES, TEXTS),
    st.tuples(st.just("delete"), PLACES),
    st.tuples(st.just("like"), NAMES, PLACES),
    st.tuples(st.just("like"), NAMES, PLACES),
    st.tuples(st.just("follow"), NAMES, SUBJECTS),
    st.tuples(st.just("follow"), NAMES, SUBJECTS),
    st.tuples(st.just("release"), st.sampled_from("xy")),
    st.tuples(st.just("move"), PLACES, st.sampled_from("xy")),
)


def act(world: World, step: Step) -> None:
    what, *arguments = step
    if what == "hide":
        world.hide(arguments[0], private=arguments[1])
    else:
        getattr(world, what)(*arguments)


def check(steps: list[Step], seed: int) -> None:
    """Let a service of notifications learn in an order of its own, while others act and when all have."""
    chance = Random(seed)
    with TemporaryDirectory() as folder, services(Path(folder)) as music:
        world, notifications = World(music), music["notifications"]
        for name in PEOPLE[: chance.randrange(4)]:
            world.sign_up(name)
        reactions = notifications.app.reactions
        for step in steps:
            act(world, step)
            for _ in range(chance.randrange(3)):
                music.step(notifications, chance.choice(reactions))
        for _ in range(len(steps) * 10):
            music.step(notifications, chance.choice(reactions))
        music.settle("notifications")
        found = told(notifications)
        assert Counter({(who, kind, subject): count for who, kind, subject, _, _, count, *_ in found}) == (
            expected(world)
        )
        unread = Counter(who for who, *_ in found)
        assert {each.id: each.count for each in notifications.all(Unread)} == {
            person.id: unread[person.id] for person in notifications.all(Person)
        }
        assert unread.keys() <= {person.id for person in notifications.all(Person)}
        with TemporaryDirectory() as another, services(Path(another), "notifications") as late:
            late.add(music, *SOURCES)
            late.settle("notifications")  # all of one log after all of another
            assert told(late["notifications"]) == found


@settings(max_examples=50)
@given(st.lists(STEPS, min_size=15, max_size=40), st.integers(0, 2**16))
def test_what_is_told_does_not_depend_on_the_order_in_which_it_is_learned(
    steps: list[Step], seed: int
) -> None:
    check(steps, seed)


@pytest.mark.long
@settings(max_examples=1000)
@given(st.lists(STEPS, min_size=15, max_size=80), st.integers(0, 2**16))
def test_the_same_at_full_size(steps: list[Step], seed: int) -> None:
    check(steps, seed)

"""Who is told what: by what is known in the end, whatever order it was learned in."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.music_logs import Service, services
from tests.features.music_world import World

from antiphon_music.catalog.resources import Song
from antiphon_music.identity.resources import User
from antiphon_music.notifications.errands import Errand
from antiphon_music.notifications.facts import Person
from antiphon_music.notifications.mentions import mentions_in
from antiphon_music.notifications.resources import Notification, Preferences, Unread
from antiphon_music.notifications.wording import text_of
from antiphon_music.social.resources import Comment, Follow, Like

SOURCES = ("catalog", "identity", "social")
PEOPLE = ("ana", "ben", "cy")
Step = tuple[Any, ...]


def told(service: Service) -> list[tuple[Any, ...]]:
    """All notifications, without what differs from run to run."""
    return sorted(
        (
            each.recipient,
            each.kind,
            each.subject,
            each.latest,
            each.actors,
            each.count,
            each.people,
            each.text,
        )
        for each in service.all(Notification)
    )


def expected(world: World, preferences: dict[str, Preferences]) -> list[tuple[Any, ...]]:
    """What all are to be told: by what there is in the end, and by what they want to be told."""
    known = {user.id: user for user in world.identity.all(User)}
    comments = {comment.id: comment for comment in world.social.all(Comment)}
    follows = world.social.all(Follow)
    groups: dict[tuple[str, Any, str], list[tuple[datetime, str, str]]] = {}

    def tell(who: str, by: str, ways: list[tuple[str, str]], time: datetime, path: str) -> None:
        wanted = [way for way in ways if getattr(preferences.get(who, Preferences()), way[0])]
        if who in known and who != by and (by in known or by.istitle()) and wanted:
            groups.setdefault((who, *wanted[0]), []).append((time, path, by))

    def sees(person: str, comment: Comment) -> bool:
        audience = comment.audience
        return audience is None or any(
            each.follower == person and each.subject == audience for each in follows
        )

    done: dict[str, datetime] = {}
    named: dict[tuple[str, str], datetime] = {}
    for change in (*world.social.changes, *world.catalog.changes):
        time = datetime.fromisoformat(change.time)
        if change.kind == "added":
            done[f"{change.resource}/{change.id}"] = time
        if change.resource == "/comments":
            before = set() if change.before is None else set(mentions_in(change.before.text))
            after = set() if change.after is None else set(mentions_in(change.after.text))
            named |= {(change.id, name): time for name in after - before}
    for comment in comments.values():
        names, path = mentions_in(comment.text), f"/comments/{comment.id}"
        parent = comments.get(comment.subject.removeprefix("/comments/"))
        for name, user in known.items():
            ways = []
            assert user.created is not None
            if name in names and user.created <= named[comment.id, name]:
                ways.append(("mention", comment.subject))
            if parent is not None and parent.author == name:
                ways.append(("reply", comment.subject))
            if sees(name, comment):
                tell(name, comment.author, ways, done[path], path)
    for like in world.social.all(Like):
        liked, path = comments.get(like.subject.removeprefix("/comments/")), f"/likes/{like.id}"
        if liked is not None:
            tell(liked.author, like.person, [("like", like.subject)], done[path], path)
    for follow in follows:
        _, what, id = follow.subject.split("/")
        since, path = done[f"/follows/{follow.id}"], f"/follows/{follow.id}"
        if what == "users":
            tell(id, follow.follower, [("follower", follow.subject)], since, path)
        for song in world.catalog.all(Song):
            path = f"/songs/{song.id}"
            if song.artist_id == id and since <= done[path]:
                tell(follow.follower, id.title(), [("song", follow.subject)], done[path], path)
    found = []
    for (who, kind, subject), things in groups.items():
        newest = sorted(things, reverse=True)
        names = list(dict.fromkeys(by for _, _, by in newest))
        text = text_of(kind, subject, names[:3], len(names), len(things), "New")
        found.append((who, kind, subject, newest[0][1], names[:3], len(things), len(names), text))
    return sorted(found)


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


def check(steps: list[Step], unwanted: list[tuple[str, str]], seed: int) -> None:
    """Let a service of notifications learn in an order of its own, while others act and when all have."""
    chance = Random(seed)
    with TemporaryDirectory() as folder, services(Path(folder)) as music:
        world, notifications = World(music), music["notifications"]
        preferences = {name: Preferences(id=name) for name, _ in unwanted}
        for name, kind in unwanted:
            setattr(preferences[name], kind, False)
        for each in preferences.values():
            notifications.create(each)
        for name in PEOPLE:  # most are there from the beginning: what nobody sees tells nothing
            if chance.random() < 0.8:
                world.sign_up(name, private=chance.random() < 0.4)
        reactions = notifications.app.reactions
        for step in steps:
            act(world, step)
            for _ in range(chance.randrange(3)):
                music.step(notifications, chance.choice(reactions))
        for _ in range(len(steps) * 10):
            music.step(notifications, chance.choice(reactions))
        music.settle("notifications")
        found = told(notifications)
        gone = {change.id for change in world.identity.changes if change.kind == "removed"}
        assert found == expected(
            world, {name: each for name, each in preferences.items() if name not in gone}
        )
        unread = Counter(who for who, *_ in found)
        people = {person.id for person in notifications.all(Person)}
        assert {each.id: each.count for each in notifications.all(Unread)} == {
            person: unread[person] for person in people
        }
        assert unread.keys() <= people
        assert not notifications.all(Errand)
        with TemporaryDirectory() as another, services(Path(another), "notifications") as late:
            late.add(music, *SOURCES)
            for each in preferences.values():
                late["notifications"].create(each)
            late.settle("notifications")  # all of one log after all of another
            assert told(late["notifications"]) == found


KINDS = st.sampled_from(("mention", "reply", "like", "follower", "song"))
UNWANTED = st.lists(st.tuples(NAMES, KINDS), max_size=3)


@settings(max_examples=25)
@given(st.lists(STEPS, min_size=15, max_size=40), UNWANTED, st.integers(0, 2**16))
def test_what_is_told_does_not_depend_on_the_order_in_which_it_is_learned(
    steps: list[Step], unwanted: list[tuple[str, str]], seed: int
) -> None:
    check(steps, unwanted, seed)


@pytest.mark.long
@settings(max_examples=200)
@given(st.lists(STEPS, min_size=15, max_size=80), UNWANTED, st.integers(0, 2**16))
def test_the_same_at_full_size(steps: list[Step], unwanted: list[tuple[str, str]], seed: int) -> None:
    check(steps, unwanted, seed)

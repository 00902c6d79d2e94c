"""What people do: each thing once, by themselves alone, and seen by whom they let."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.features.music_logs import RIGHTS, Service, Services, services

from antiphon import Caller, Resource, errors
from antiphon.access import sight
from antiphon.resources import declare
from antiphon_music.identity.resources import User
from antiphon_music.social import people
from antiphon_music.social.resources import Comment, Errand, Follow, Like, Play, Profile

SONG = "/songs/s"


@pytest.fixture
def music(tmp_path: Path) -> Iterator[Services]:
    """Identity and social."""
    with services(tmp_path, "identity", "social") as music:
        yield music


def sign_up(music: Services, *names: str, private: bool = False) -> None:
    for name in names:
        music["identity"].create(User(id=name, name=name, private=private))
    music.settle()


def hide(music: Services, name: str, *, private: bool) -> None:
    identity = music["identity"]
    identity.update(identity.connection.get(User, name), private=private)
    music.settle()


def sees(social: Service, who: str | None, record: Resource) -> bool:
    """Whether `who` may read a record as it is now."""
    with social.connection._store.snapshot() as snapshot:
        declaration = declare(type(record))
        stored = snapshot.fetch(declaration, record.id)
        return stored is not None and sight(declaration, RIGHTS.known(Caller(who), snapshot)).holds(stored)


def test_each_thing_is_liked_and_followed_once_and_by_nobody_else(music: Services) -> None:
    social = music["social"]
    like = social.add("ana", Like(subject=SONG))
    assert (like.person, like.at is not None) == ("ana", True)
    social.add("ben", Like(subject=SONG))
    with pytest.raises(errors.NotUnique):
        social.add("ana", Like(subject=SONG))
    with pytest.raises(errors.Forbidden):
        social.add("ana", Like(subject=SONG, person="ben"))
    social.add("ana", Follow(subject="/users/ben"))
    with pytest.raises(errors.NotUnique):
        social.add("ana", Follow(subject="/users/ben"))
    with pytest.raises(errors.Invalid, match="that is you"):
        social.add("ana", Follow(subject="/users/ana"))
    play = social.add("ana", Play(song_id="s"))
    assert (play.listener, play.at is not None) == ("ana", True)
    assert sees(social, "ana", play)
    assert not sees(social, "ben", play)


@pytest.mark.parametrize(
    "record",
    [
        Like(subject="songs/s"),
        Like(subject="/songs/"),
        Like(subject="/songs/s/x"),
        Like(subject="/users/ana"),
        Like(subject=SONG, at="2020-01-01T00:00:00Z"),  # type: ignore[arg-type]
        Follow(subject=SONG),
        Comment(subject="/artists/a", text="x"),
        Comment(subject=SONG, text=""),
        Comment(subject=SONG, text="x" * 2001),
        Comment(subject=SONG, text="x", audience="/users/ana"),
        Play(song_id="a b"),
    ],
)
def test_what_is_no_such_thing_is_refused(music: Services, record: Resource) -> None:
    with pytest.raises(errors.Invalid):
        music["social"].add("ana", record)


def test_a_private_users_comments_are_its_followers(music: Services) -> None:
    social = music["social"]
    sign_up(music, "ana", "ben", "cy")
    first = social.add("ana", Comment(subject=SONG, text="everyone"))
    everyone = (None, "ana", "ben", "cy")
    assert [who for who in everyone if sees(social, who, first)] == list(everyone)
    hide(music, "ana", private=True)
    second = social.add("ana", Comment(subject=SONG, text="friends"))
    assert second.audience == "/users/ana"
    following = social.add("ben", Follow(subject="/users/ana"))
    for comment in (first, second):
        assert [who for who in everyone if sees(social, who, comment)] == ["ana", "ben"]
    social.delete(following)
    assert not sees(social, "ben", first)
    hide(music, "ana", private=False)
    for comment in (first, second):
        assert [who for who in everyone if sees(social, who, comment)] == list(everyone)


def test_one_of_whom_nothing_is_known_yet_may_be_private(music: Services) -> None:
    social, identity = music["social"], music["identity"]
    identity.create(User(id="ana", name="ana", private=True))
    identity.create(User(id="ben", name="ben"))
    anas = social.add("ana", Comment(subject=SONG, text="early"))
    bens = social.add("ben", Comment(subject=SONG, text="early"))
    assert (anas.audience, bens.audience) == ("/users/ana", "/users/ben")
    music.settle()
    assert not sees(social, None, anas)
    assert sees(social, None, bens)


def test_of_comments_out_of_sight_nothing_can_be_said(music: Services) -> None:
    social = music["social"]
    sign_up(music, "ana", private=True)
    sign_up(music, "ben")
    comment = social.add("ana", Comment(subject=SONG, text="friends"))
    told = set()
    for subject in (f"/comments/{comment.id}", "/comments/none"):
        replying: tuple[Resource, ...] = (Comment(subject=subject, text="hm"), Like(subject=subject))
        for record in replying:
            with pytest.raises(errors.Invalid) as refused:
                social.add("ben", record)
            told.add(refused.value.detail.replace(subject, "…"))
    assert len(told) == 1  # it does not even show whether there is one
    social.add("ben", Follow(subject="/users/ana"))
    social.add("ben", Comment(subject=f"/comments/{comment.id}", text="ah"))
    social.add("ana", Like(subject=f"/comments/{comment.id}"))


def test_who_goes_takes_all_along(music: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "AT_ONCE", 5)
    social, identity = music["social"], music["identity"]
    sign_up(music, "ana", "ben")
    for _ in range(7):
        social.add("ana", Comment(subject=SONG, text="x"))
        social.add("ana", Play(song_id="s"))
    social.add("ana", Follow(subject="/users/ben"))
    social.add("ana", Like(subject=SONG))
    kept = [social.add("ben", each) for each in (Like(subject=SONG), Play(song_id="s"))]
    social.add("ben", Follow(subject="/users/ana"))
    identity.delete(identity.connection.get(User, "ana"))
    before = len(social.changes)
    moved: list[int] = []
    while any(music.step(social, each) for each in social.app.reactions):
        made = social.changes[before:]
        before += len(made)
        moved.append(sum(each.resource not in ("/errands", "/profiles") for each in made))
    assert max(moved) == 5
    left: list[Any] = [each for kind in (Comment, Like, Follow, Play) for each in social.all(kind)]
    assert sorted(each.id for each in left) == sorted(each.id for each in kept)
    assert social.all(Errand) == []
    assert [each.id for each in social.all(Profile)] == ["ben"]


def test_very_many_comments_are_hidden_as_the_user_is_by_then(
    music: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "AT_ONCE", 3)
    social, identity = music["social"], music["identity"]
    sign_up(music, "ana")
    for _ in range(10):
        social.add("ana", Comment(subject=SONG, text="x"))
    for private in (True, False, True):
        identity.update(identity.connection.get(User, "ana"), private=private)
    know, go_on = (
        next(each for each in social.app.reactions if each.name == name) for name in ("know_users", "go_on")
    )
    while music.step(social, know):
        music.step(social, go_on)
    music.settle()
    assert {each.audience for each in social.all(Comment)} == {"/users/ana"}
    assert social.all(Errand) == []

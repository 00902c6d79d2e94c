"""What is told after something was read, taken back, put away or not wanted; and to very many."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.features.music_logs import services
from tests.features.music_world import World

from antiphon import Transaction, errors
from antiphon_music.notifications.errands import AT_ONCE, Errand
from antiphon_music.notifications.facts import FACTS
from antiphon_music.notifications.occasions import Occasion
from antiphon_music.notifications.resources import Notification, Preferences, Unread
from antiphon_music.social.resources import Follow


class Told(World):
    """The same people, and what they are told."""

    def settle(self) -> None:
        self.music.settle("notifications")

    def all(self, who: str) -> list[Notification]:
        """What somebody was told, oldest first."""
        self.settle()
        found = self.music["notifications"].connection.select(Notification, recipient=who, order="id")
        unread = self.music["notifications"].connection.find(Unread, id=who)
        assert (unread.count if unread else 0) == sum(not each.read for each in found)
        return found

    def texts(self, who: str) -> list[str]:
        return [each.text for each in self.all(who)]

    def read(self, who: str) -> None:
        for each in self.all(who):
            self.music["notifications"].update(each, read=True)

    def want(self, who: str, **kinds: bool) -> None:
        self.settle()
        self.music["notifications"].update(Preferences(id=who), **kinds)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Told]:
    """Ana, Ben and Cy have signed up."""
    with services(tmp_path) as music:
        world = Told(music)
        for name in ("ana", "ben", "cy"):
            world.sign_up(name)
        yield world


def test_what_is_alike_grows_until_it_is_read(world: Told) -> None:
    world.comment("ana", "Listen to that bass")
    for name in ("ben", "cy", "ana"):  # one's own like is no news
        world.like(name, 0)
    (first,) = world.all("ana")
    assert (first.text, first.count, first.actors) == ("cy and ben liked your comment", 2, ["cy", "ben"])
    assert (first.kind, first.subject) == ("like", f"/comments/{world.comments[0].id}")
    assert first.latest.startswith("/likes/")
    world.read("ana")
    world.sign_up("dee")
    world.like("dee", 0)
    assert world.texts("ana") == ["cy and ben liked your comment", "dee liked your comment"]
    assert world.all("ana")[0].id == first.id


def test_all_is_read_at_once_by_whom_it_was_told(world: Told) -> None:
    for name in ("ben", "cy"):
        world.follow(name, "/users/ana")
    world.comment("ben", "@ana @cy")
    assert [each.read for each in world.all("ana")] == [False, False]
    told = world.music["notifications"]
    unread = told.connection.get(Unread, "ana")
    with pytest.raises(errors.NotFound):  # not theirs to see, and so not to clear
        told.act("cy", unread, "clear")
    told.act("ana", unread, "clear")
    assert [each.read for each in world.all("ana")] == [True, True]
    assert [each.read for each in world.all("cy")] == [False]


def test_what_is_taken_back_leaves_what_is_not_read_alone(world: Told) -> None:
    world.comment("ana", "Listen")
    world.like("ben", 0)
    world.like("cy", 0)
    world.like("cy", 0)  # not any more
    assert world.texts("ana") == ["ben liked your comment"]
    world.like("ben", 0)
    assert world.texts("ana") == []
    world.like("ben", 0)
    world.read("ana")
    world.like("ben", 0)
    world.comment("ben", "@ana hm", 0)
    assert world.texts("ana") == ["ben liked your comment", "ben mentioned you in a reply"]
    world.delete(1)
    assert world.texts("ana") == ["ben liked your comment"]


def test_an_edit_tells_only_whom_it_newly_names(world: Told) -> None:
    world.comment("ana", "@ben listen")
    told = world.all("ben")
    world.edit(0, "@ben and @CY, listen")
    assert world.all("ben") == told
    assert world.texts("cy") == ["ana mentioned you in a comment on a song"]
    world.read("ben")
    world.edit(0, "Listen")
    world.edit(0, "@cy @ben")
    assert len(world.all("ben")) == len(world.all("cy")) == 1


def test_a_mention_is_of_whoever_had_the_name_then(world: Told) -> None:
    world.comment("ana", "@eve @cy")
    assert world.texts("cy")
    world.sign_up("eve")
    assert world.texts("eve") == []
    world.edit(0, "@cy")
    world.edit(0, "@eve")
    assert world.texts("eve") == ["ana mentioned you in a comment on a song"]


def test_who_may_not_see_a_comment_is_not_told(world: Told) -> None:
    world.hide("ana", private=True)
    world.comment("ana", "@ben @cy listen")
    assert world.texts("ben") == []
    world.follow("ben", "/users/ana")
    assert len(world.texts("ben")) == 1
    assert world.texts("cy") == []
    world.follow("ben", "/users/ana")
    assert world.texts("ben") == []
    world.hide("ana", private=False)
    assert len(world.texts("ben")) == len(world.texts("cy")) == 1
    world.read("ben")
    world.hide("ana", private=True)
    assert len(world.texts("ben")) == 1  # it has been read
    assert world.texts("cy") == []
    world.hide("ana", private=False)
    assert len(world.texts("ben")) == len(world.texts("cy")) == 1


def test_a_reply_that_mentions_is_told_once_as_what_is_wanted(world: Told) -> None:
    world.comment("ana", "Listen")
    world.comment("ben", "@ana I did", 0)
    assert world.texts("ana") == ["ben mentioned you in a reply"]
    world.want("ana", mention=False)
    world.comment("cy", "@ana so did I", 0)
    world.comment("cy", "It was good", 0)
    assert world.texts("ana")[1:] == ["cy replied to your comment 2 times"]
    world.want("ana", reply=False)
    world.comment("ben", "@ana hello", 0)
    world.want("ana", mention=True, reply=True)
    world.edit(3, "@ana hello again")  # when it was news, it was not wanted
    assert len(world.texts("ana")) == 2


def test_what_was_put_away_does_not_come_back(world: Told) -> None:
    world.comment("ana", "@ben listen")
    (told,) = world.all("ben")
    world.music["notifications"].delete(told)
    world.edit(0, "@ben, listen")
    world.hide("ana", private=True)
    world.hide("ana", private=False)
    assert world.texts("ben") == []
    world.comment("ana", "@ben @ben please")
    assert world.texts("ben") == ["ana mentioned you in a comment on a song"]


def test_news_is_what_came_out_after_one_began_to_follow(world: Told) -> None:
    world.release("x")
    world.follow("ben", "/artists/x")
    assert world.texts("ben") == []
    world.release("x")
    assert world.texts("ben") == ["New song by X: New"]
    world.release("x")
    assert world.texts("ben") == ["2 new songs by X"]
    world.release("y")
    world.move(1, "y")  # it was not X's
    assert world.texts("ben") == ["New song by X: New"]
    world.follow("ben", "/artists/x")
    assert world.texts("ben") == []
    world.follow("ben", "/artists/x")
    assert world.texts("ben") == []


def test_who_leaves_leaves_nothing(world: Told) -> None:
    world.comment("ana", "Listen @cy")
    world.comment("cy", "Yes @ana", 0)
    world.like("cy", 0)
    world.follow("cy", "/users/ana")
    world.follow("ana", "/artists/x")
    world.release("x")
    world.read("ana")
    world.like("ben", 0)
    world.like("cy", 1)
    assert len(world.all("ana")) == 5
    for name in ("ana", "ben", "cy"):
        world.leave(name)
    world.settle()
    left: list[Any] = [*FACTS, Occasion, Notification, Preferences, Unread, Errand]
    store = world.music["notifications"]
    assert {each.__name__: len(store.all(each)) for each in left if store.all(each)} == {"Release": 1}


def test_very_many_are_told_some_at_a_time(world: Told) -> None:
    names = [f"fan-{number}" for number in range(3 * AT_ONCE + 1)]

    def follow(tx: Transaction) -> None:
        for name in names:
            tx.create(Follow(follower=name, subject="/artists/x"))

    for name in names:
        world.sign_up(name)
    world.social.connection.write(follow)
    world.settle()
    store = world.music["notifications"]
    before = len(store.changes)
    world.release("x")
    know = next(each for each in store.app.reactions if each.name == "know_songs")
    while world.music.step(store, know):
        pass
    now: list[Any] = store.all(Notification)
    assert (len(now), len(store.all(Errand))) == (AT_ONCE, 3)
    assert len(store.changes) - before < 3 * AT_ONCE
    assert [world.texts(name) for name in names] == [["New song by X: New"]] * len(names)
    assert not store.all(Errand)

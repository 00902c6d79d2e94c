"""What is counted of likes, follows and comments is what there is of them, whatever people do."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.music_logs import Service, Services, services
from tests.features.music_world import World

from antiphon_music.social.resources import Comment, Follow, Like
from antiphon_music.social.tallies import Tally

NAMES = ("ana", "ben", "cleo")
NAME = st.sampled_from(NAMES)
PLACE = st.integers(0, 5)
ACT = st.one_of(
    st.tuples(st.just("comment"), NAME, st.just("hello"), st.none() | PLACE),
    st.tuples(st.just("like"), NAME, PLACE),
    st.tuples(st.just("follow"), NAME, st.sampled_from([f"/users/{name}" for name in NAMES])),
    st.tuples(st.just("edit"), PLACE, st.just("bye")),
    st.tuples(st.just("delete"), PLACE),
    st.tuples(st.just("leave"), NAME),
)


@pytest.fixture
def music(tmp_path: Path) -> Iterator[Services]:
    """Identity and social."""
    with services(tmp_path, "identity", "social", "catalog") as music:
        yield music


def counted(social: Service) -> dict[str, tuple[int, int, int]]:
    return {each.subject: (each.likes, each.follows, each.comments) for each in social.all(Tally)}


def there(social: Service) -> dict[str, tuple[int, int, int]]:
    likes = Counter(each.subject for each in social.all(Like))
    follows = Counter(each.subject for each in social.all(Follow))
    comments = Counter(each.subject for each in social.all(Comment) if each.audience is None)
    subjects = likes.keys() | follows.keys() | comments.keys()
    return {each: (likes[each], follows[each], comments[each]) for each in subjects}


@settings(max_examples=25)
@given(st.lists(ACT, max_size=30), st.sets(NAME), st.sets(st.integers(0, 29)))
def test_tallies_are_what_there_is(acts: list[tuple[str, ...]], private: set[str], hidings: set[int]) -> None:
    with TemporaryDirectory() as folder, services(Path(folder), "identity", "social", "catalog") as music:
        world = World(music)
        for name in NAMES:
            world.sign_up(name, private=name in private)
        for place, (act, *arguments) in enumerate(acts):
            getattr(world, act)(*arguments)
            if place in hidings:
                world.hide(NAMES[place % 3], private=place % 2 == 0)
        music.settle()
        assert counted(music["social"]) == there(music["social"])


def test_what_nobody_does_any_more_has_no_tally(music: Services) -> None:
    world = World(music)
    world.sign_up("ana")
    world.toggle("ana", Like, "/songs/s")
    world.comment("ana", "hello")
    music.settle()
    assert counted(music["social"]) == {"/songs/s": (1, 0, 1)}
    world.toggle("ana", Like, "/songs/s")
    world.delete(0)
    music.settle()
    assert counted(music["social"]) == {}

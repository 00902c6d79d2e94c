"""What one notification says of all that is told in it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from antiphon_music.notifications.grouping import SHOWN, Happening, newest_first, summary

START = datetime(2026, 1, 1, tzinfo=UTC)


def liked(number: int, who: str) -> Happening:
    return Happening(f"/likes/{number}", START + timedelta(seconds=number), who, who.title())


def test_the_newest_few_are_named() -> None:
    newest = newest_first([liked(1, "ana"), liked(3, "cy"), liked(2, "ben"), liked(4, "dee")])
    said = summary("like", "/comments/c", newest, people=13, count=13)
    assert said.actors == ["Dee", "Cy", "Ben"]
    assert said.latest == "/likes/4"
    assert said.time == START + timedelta(seconds=4)
    assert said.text == "Dee and 12 others liked your comment"


def test_who_did_it_twice_is_named_once() -> None:
    newest = newest_first([liked(1, "ana"), liked(2, "ben"), liked(3, "ana")])
    said = summary("reply", "/comments/c", newest, people=2, count=3)
    assert said.actors == ["Ana", "Ben"]
    assert said.text == "Ana and Ben replied to your comment 3 times"


def test_of_music_the_artist_is_named_and_the_newest_title() -> None:
    newest = newest_first(
        Happening(f"/songs/{title}", START, name="Trio", title=title) for title in ("Blue", "Red")
    )
    assert summary("song", "/artists/a", newest[:1], 0, 1).text == "New song by Trio: Red"
    assert summary("song", "/artists/a", newest, 0, 2).text == "2 new songs by Trio"
    nameless = [Happening("/albums/a", START, title="Blue")]
    said = summary("album", "/artists/a", nameless, 0, 1)
    assert (said.actors, said.text) == ([], "New album by an artist you follow: Blue")


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["ana", "ben", "cy", "dee"])), min_size=1))
def test_the_order_in_which_they_come_does_not_matter(done: list[tuple[int, str]]) -> None:
    happenings = [
        Happening(f"/likes/{place}", START + timedelta(seconds=second), who, who)
        for place, (second, who) in enumerate(done)
    ]
    newest = newest_first(happenings)
    assert newest == newest_first(reversed(happenings))
    people = len({who for _, who in done})
    said = summary("like", "/comments/c", newest, people, len(done))
    assert len(said.actors) == min(SHOWN, people) == len(set(said.actors))
    assert said.actors[0] == newest[0].name
    assert said.time == max(each.time for each in happenings)

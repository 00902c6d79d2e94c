"""Whatever titles, names and comments are made of: music shows it as text, unbroken, and it does nothing."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page
from tests.acceptance.browser.city import make
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.looking import SHOWN, sticking_out
from tests.acceptance.browser.texts import TEXTS, plain
from tests.acceptance.browser.visitor import DESK, PHONE
from tests.acceptance.music import Caller, Music, playing
from tests.acceptance.server import eventually

ROOM = {"song": 500, "artist": 2000, "album": 2000, "genre": 200, "person": 100, "comment": 2000}
"""How long each may be."""


class Rough(NamedTuple):
    """Who said all of it, and the paths of one thing of each kind for each text, in their order."""

    ana: Caller
    paths: dict[str, list[str]]


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Music]:
    """Music of its own: what is in it is not nice."""
    with playing(tmp_path_factory.mktemp("rough") / "data", together=True) as running:
        yield running


@pytest.fixture(scope="module")
def rough(music: Music) -> Rough:
    """What there is in the catalogue and in the comments is called by every nasty text."""
    editor, ana = music.client(music.token("editor")), music.sign_up("ana")
    paths: dict[str, list[str]] = {room: [] for room in ROOM}
    for number, text in enumerate(TEXTS.values()):
        name = {kind: text[:room].strip() for kind, room in ROOM.items()}
        artist = make(editor, "/artists", {"name": name["artist"]})
        artist_id = artist.rpartition("/")[2]
        credit = {"artist": name["artist"], "artist_id": artist_id}
        album = make(editor, "/albums", {"title": name["album"], **credit})
        genre = make(editor, "/genres", {"name": name["genre"]})
        song = {"title": name["song"], "album": name["album"], "album_id": album.rpartition("/")[2]}
        path = make(
            editor, "/songs", {**song, **credit, "genre": name["genre"], "preview": "/songs/x/preview"}
        )
        somebody = music.sign_up(f"somebody.{number}")
        renamed = somebody.request("PATCH", f"/users/{somebody.id}", json={"display_name": name["person"]})
        assert renamed.status_code == 200, renamed.text
        comment = make(ana, "/comments", {"subject": path, "text": name["comment"]})
        make(somebody, "/comments", {"subject": comment, "text": f"@ana {name['comment'][:1990]}"})
        make(somebody, "/likes", {"subject": comment})
        make(ana, "/follows", {"subject": artist})
        make(ana, "/plays", {"song_id": path.rpartition("/")[2]})
        made = (path, artist, album, genre, f"/users/{somebody.id}", comment)
        for room, each in zip(ROOM, made, strict=True):
            paths[room].append(each)
    assert eventually(lambda: len(ana.get("/top-songs").json()["items"]) == len(TEXTS))
    return Rough(ana, paths)


def is_unharmed(page: Page) -> None:
    """See that nothing sticks out of the page, and that no text has become a script."""
    assert sticking_out(page) == []
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("room", ROOM)
def test_a_page_of_its_own_shows_it_as_it_is(room: str, rough: Rough, visiting: Visiting) -> None:
    visitor = visiting(viewport=PHONE)
    visitor.be(rough.ana)
    for text, path in zip(TEXTS.values(), rough.paths[room], strict=True):
        page = visitor.open(path)
        assert plain(text[: ROOM[room]]) in plain(page.evaluate(SHOWN)), path
        is_unharmed(page)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/songs",
        "/albums",
        "/artists",
        "/genres",
        "/charts",
        "/charts?of=artists",
        "/users",
        "/comments",
        "/notifications",
        "/search?q=<b>",
        "/pulse",
    ],
)
def test_a_page_of_all_is_unharmed(path: str, rough: Rough, visiting: Visiting) -> None:
    visitor = visiting(viewport=PHONE)
    visitor.be(rough.ana)
    page = visitor.open(path)
    is_unharmed(page)
    page.set_viewport_size(DESK)
    is_unharmed(page)


def test_what_arrives_on_an_open_page_is_text_too(music: Music, rough: Rough, visiting: Visiting) -> None:
    visitor = visiting()
    song = make(music.client(music.token("editor")), "/songs", {"title": "Quiet"})
    page = visitor.open(song)
    page.evaluate("window.stayed = true")
    for text in TEXTS.values():
        make(rough.ana, "/comments", {"subject": song, "text": text[:2000].strip()})
    expected = [plain(text[:2000]) for text in reversed(TEXTS.values())]
    said = page.locator("#live-comments .said")
    assert eventually(lambda: [plain(text) for text in said.all_text_contents()] == expected)
    is_unharmed(page)
    assert page.evaluate("window.stayed") is True


def test_what_is_too_long_is_refused_and_kept_to_be_mended(rough: Rough, visiting: Visiting) -> None:
    visitor = visiting()
    visitor.forgive("status of 422")
    visitor.be(rough.ana)
    page = visitor.open(rough.paths["song"][0])
    box = page.get_by_label("Say something of this song")
    text = TEXTS["script"] + "W" * 10_000
    box.evaluate("(each) => each.removeAttribute('maxlength')")
    box.fill(text)
    page.get_by_role("button", name="Comment", exact=True).click()
    assert eventually(lambda: page.locator(".error, .problem").count() > 0)
    assert page.get_by_label("Say something of this song").input_value() == text
    is_unharmed(page)

"""The toolkit's own pages: records are read and written in a browser, with scripts and without."""

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.browser.looking import findings, keep_picture, sticking_out
from tests.acceptance.browser.visitor import DESK, PHONE, Visitor
from tests.acceptance.server import Server


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def visitor(request: pytest.FixtureRequest, server: Server, visiting: Visiting) -> Visitor:
    return visiting(server.url, java_script_enabled=request.param, viewport=PHONE)


def new_song(client: httpx.Client, **fields: object) -> str:
    """The path of a new song."""
    made = client.post("/songs", json=fields)
    assert made.status_code == 201, made.text
    return f"/songs/{made.json()['id']}"


def test_a_record_is_made_changed_and_deleted(visitor: Visitor, client: httpx.Client) -> None:
    page = visitor.open("/songs?genre=made")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("link", name="New song").click()
    page.get_by_label("Title").fill("Blue <b>&amp;</b>")
    page.get_by_label("Genre").fill("made")
    page.get_by_label("Length").fill("187.5")
    page.get_by_label("Released").fill("2024-02-29")
    page.get_by_label("Mood").select_option("Wild")
    page.get_by_label("Tags").fill("one\ntwo & three")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Blue <b>&amp;</b>")
    (song,) = client.get("/songs?genre=made").json()["items"]
    assert song.items() >= {"length": 187.5, "released": "2024-02-29", "mood": "wild"}.items()
    assert song["tags"] == ["one", "two & three"]
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Tags")).to_have_value("one\ntwo & three")
    page.get_by_label("Title").fill("Red")
    page.get_by_label("Live").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Red")
    page.get_by_text("Rename").first.click()
    page.locator("#Rename-title").fill("Green")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Green")
    page.get_by_text("Delete").first.click()
    page.get_by_role("button", name="Delete this song").click()
    expect(page.get_by_role("heading", level=1, name="songs")).to_be_visible()
    assert client.get(f"/songs/{song['id']}").status_code == 404


def test_an_error_stands_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor, client: httpx.Client
) -> None:
    visitor.forgive("status of 409", "status of 422")
    number = client.get("/songs?limit=1000").text.count('"id"')
    new_song(client, title="First", isrc=f"TAKEN{number}")
    page = visitor.open("/songs/new")
    page.get_by_label("Title").fill("Second")
    page.get_by_label("Isrc").fill(f"TAKEN{number}")
    page.get_by_label("Year").fill("1999")
    page.get_by_role("button", name="Add").click()
    isrc = page.get_by_label("Isrc")
    expect(isrc).to_have_attribute("aria-invalid", "true")
    expect(isrc).to_have_value(f"TAKEN{number}")
    expect(page.get_by_label("Title")).to_have_value("Second")
    expect(page.get_by_label("Year")).to_have_value("1999")
    error = isrc.get_attribute("aria-describedby")
    assert error is not None
    expect(page.locator(f"#{error.split()[-1]}")).not_to_be_empty()
    isrc.fill(f"FREE{number}")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second")


def test_who_was_slower_is_told_of_the_conflict(visitor: Visitor, client: httpx.Client) -> None:
    visitor.forgive("status of 409", "status of 412")
    path = new_song(client, title="Before")
    page = visitor.open(f"{path}/edit")
    client.patch(path, json={"title": "Meanwhile"})
    page.get_by_label("Title").fill("Mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert client.get(path).json()["title"] == "Meanwhile"
    expect(page.get_by_label("Title")).to_have_value("Mine")


def test_what_fails_is_told_with_code_and_remedy(visitor: Visitor, client: httpx.Client) -> None:
    visitor.forgive("status of 422", "status of 404")
    page = visitor.open(new_song(client, title="Stubborn"))
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert")).to_contain_text("The song does not want to.")
    page = visitor.page
    page.goto("/songs/none")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("not_found")).to_be_visible()
    expect(page.get_by_role("banner")).to_be_visible()


PAGES = ("/", "/songs", "/songs?title[contains]=zzz", "/songs/new", "{song}", "{song}/edit", "/songs/none")


@pytest.fixture(scope="module")
def song(server: Server) -> str:
    """The path of a song that has all there is."""
    with server.client() as client:
        artist = client.post("/artists", json={"name": "Trio"}).json()["id"]
        for number in range(12):
            new_song(client, title=f"Number {number}", genre="Jazz", length=60.5 + number, artist_id=artist)
        return new_song(
            client,
            title="A song with a rather long title, so that it takes two lines on a phone",
            artist_id=artist,
            genre="Jazz",
            label="Own hands",
            year=1999,
            length=187.0,
            live=True,
            released="1999-04-01",
            heard="2024-05-06T07:08:09Z",
            mood="calm",
            isrc="GBX1234",
            tags=["one", "two"],
        )


def look(page: Page, name: str, *, keep: bool) -> None:
    assert sticking_out(page) == []
    assert findings(page) == []
    if keep:
        keep_picture(page, name)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_all_eyes(path: str, song: str, server: Server, visiting: Visiting) -> None:
    visitor = visiting(server.url, viewport=PHONE, color_scheme="light")
    visitor.forgive("status of 404")
    page = visitor.page
    page.goto(path.format(song=song))
    look(page, f"toolkit {path} light", keep=False)
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="dark")
    look(page, f"toolkit {path} dark", keep=False)


@pytest.mark.long
@pytest.mark.parametrize("path", PAGES)
def test_pictures_of_a_page_are_kept(path: str, song: str, server: Server, visiting: Visiting) -> None:
    for viewport in (PHONE, DESK):
        for scheme in ("light", "dark"):
            visitor = visiting(server.url, viewport=viewport, color_scheme=scheme)
            visitor.forgive("status of 404")
            visitor.page.goto(path.format(song=song))
            look(visitor.page, f"toolkit {path} {scheme}", keep=True)

"""What moves on music's pages while one looks: charts, counts, search, imports; and what ends."""

from pathlib import Path

from playwright.sync_api import expect
from tests.acceptance.browser.city import City, make
from tests.acceptance.browser.conftest import Visiting
from tests.acceptance.music import Music


def test_a_chart_moves_as_plays_arrive(music: Music, city: City, visiting: Visiting) -> None:
    page = visiting().open("/charts")
    page.evaluate("window.stayed = true")
    lines = page.locator("#live-chart li")
    first = lines.first.locator(".title").inner_text()
    second = lines.nth(1).locator(".title").inner_text()
    songs = city.ana.get("/top-songs").json()["items"]
    for _ in range(songs[0]["plays"] - songs[1]["plays"] + 1):
        make(city.ana, "/plays", {"song_id": songs[1]["song_id"]})
    expect(lines.first.locator(".title")).to_have_text(second)
    expect(lines.nth(1).locator(".title")).to_have_text(first)
    assert page.evaluate("window.stayed") is True


def test_counts_move_for_everyone(city: City, visiting: Visiting) -> None:
    ana, stranger = visiting(), visiting()
    ana.be(city.ana)
    there = ana.open(city.artist)
    here = stranger.open(city.artist)
    like = there.get_by_role("button", name="Like ")
    before = int(like.inner_text())
    pressed = like.get_attribute("aria-pressed") == "true"
    like.click()
    expected = str(before - 1 if pressed else before + 1)
    expect(like).to_have_text(expected)
    expect(here.locator("#main").get_by_role("link", name="Like ")).to_have_text(expected)


def test_search_finds_while_one_types(city: City, visiting: Visiting) -> None:
    page = visiting().open("/")
    box = page.get_by_label("Search songs")
    box.press_sequentially("etiq", delay=60)
    songs = page.get_by_role("region", name="Songs")
    expect(songs.get_by_role("link", name="Elevator Etiquette", exact=True)).to_be_visible()
    expect(box).to_be_focused()
    box.press_sequentially("uette", delay=60)
    expect(page).to_have_url(f"{page.url.split('/search')[0]}/search?q=etiquette")
    expect(box).to_have_value("etiquette")
    expect(box).to_be_focused()


def test_an_import_shows_how_far_it_is(city: City, visiting: Visiting, tmp_path: Path) -> None:
    table = tmp_path / "songs.csv"
    table.write_text(
        "title,artist,length\n" + "".join(f"Imported {n},Somebody,{100 + n}\n" for n in range(3000))
    )
    visitor = visiting()
    visitor.be(city.editor)
    page = visitor.open("/imports")
    page.get_by_label("CSV").set_input_files(table)
    page.get_by_role("main").get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="songs.csv")).to_be_visible()
    expect(page.get_by_role("link", name="See the songs")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_js_property("position", 1)
    expect(page.get_by_text("3,000", exact=True)).to_be_visible()


def test_a_page_whose_session_is_over_says_so(music: Music, visiting: Visiting) -> None:
    visitor = visiting()
    visitor.forgive("status of 401")
    someone = music.sign_up("gone.soon")
    visitor.be(someone)
    page = visitor.open("/notifications")
    expect(page.locator("#connection")).to_have_attribute("data-state", "found")
    assert someone.request("DELETE", "/session").status_code == 204
    expect(page.locator("#connection")).to_contain_text("no longer kept up to date")
    page.locator("#connection").get_by_role("link").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()


def test_titles_know_their_language(music: Music, city: City, visiting: Visiting) -> None:
    for title, language, direction in (("لیلة", "ar", "rtl"), ("夜の歌", "ja", "ltr"), ("Ночь", "ru", "ltr")):
        song = make(city.editor, "/songs", {"title": title})
        heading = visiting().open(song).get_by_role("heading", level=1)
        expect(heading).to_have_text(title)
        assert heading.evaluate("(each) => getComputedStyle(each).direction") == direction, title
        found = heading.evaluate("(each) => each.closest('[lang]').lang")
        assert found.startswith(language) or found.startswith("und"), (title, found)

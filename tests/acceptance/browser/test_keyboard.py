"""Everything is done by keyboard alone, and the focus stays where it is when live parts change."""

import pytest
from playwright.sync_api import expect
from tests.acceptance.browser.city import City, make
from tests.acceptance.browser.conftest import Visiting

FOCUS = """() => {
  const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
  const name = each.getAttribute('aria-label') || each.labels?.[0]?.textContent || each.textContent ||
    each.value;
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const seen = outlined || style.boxShadow !== 'none';
  return {tag: each.tagName, name: name.trim().replace(/\\s+/g, ' '), seen, size: box.width * box.height,
    inside: box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight};
}"""
MOVING = """() => [...document.querySelectorAll('*')].filter((each) => {
  const style = getComputedStyle(each);
  const longest = (times) => Math.max(...times.split(',').map(parseFloat));
  return longest(style.transitionDuration) > 0.01 || longest(style.animationDuration) > 0.01 ||
    style.scrollBehavior === 'smooth';
}).map((each) => each.tagName + '.' + each.className)"""


def test_the_tab_key_leads_through_a_page(city: City, visiting: Visiting) -> None:
    visitor = visiting()
    visitor.be(city.ana)
    page = visitor.open(city.song)
    names = []
    for _ in range(200):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus["tag"] == "BODY":
            break
        assert focus["name"], focus
        assert focus["seen"], focus
        assert focus["inside"], focus
        assert focus["size"] > 100, focus
        names.append(focus["name"])
    else:
        pytest.fail(f"the focus is caught: {names[-20:]}")
    assert names[0] == "Skip to content"
    for name in (
        "Search songs, artists, albums and people",
        "Home",
        "Charts",
        "Say something of this song",
        "Comment",
    ):
        assert name in names
    assert sum(name.startswith("Play ") for name in names) == 1


def test_what_one_does_by_keyboard_leaves_the_focus_where_it_was(city: City, visiting: Visiting) -> None:
    visitor = visiting()
    visitor.be(city.ben)
    page = visitor.open(city.album)
    page.get_by_role("link", name="Skip to content").press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    like = page.get_by_role("button", name="Like ").first
    like.focus()
    pressed = like.get_attribute("aria-pressed")
    like.press("Enter")
    expect(like).not_to_have_attribute("aria-pressed", pressed or "")
    expect(like).to_be_focused()


def test_the_focus_and_what_is_typed_stay_when_live_parts_change(city: City, visiting: Visiting) -> None:
    visitor = visiting()
    visitor.be(city.ana)
    comment = make(city.ben, "/comments", {"subject": city.song, "text": "Here to be liked"})
    page = visitor.open(city.song)
    like = page.locator(f"#like-comments-{comment.rpartition('/')[2]}")
    like.focus()
    said = page.locator("#live-comments .said")
    count = said.count()
    make(city.ben, "/comments", {"subject": city.song, "text": "One more"})
    expect(said).to_have_count(count + 1)
    expect(like).to_be_focused()
    make(city.ben, "/likes", {"subject": comment})
    expect(like).to_have_accessible_name("Like the comment by Ben Okonkwo-Lindqvist, 1 like")
    expect(like).to_be_focused()
    box = page.get_by_label("Say something of this song")
    box.press_sequentially("Half a thou")
    make(city.ben, "/comments", {"subject": city.song, "text": "And another"})
    expect(said).to_have_count(count + 2)
    box.press_sequentially("ght")
    expect(box).to_have_value("Half a thought")
    expect(box).to_be_focused()
    page.locator("#live-song").get_by_role("button", name="Like ").click()
    expect(like).to_be_visible()
    expect(box).to_have_value("Half a thought")


def test_nothing_moves_for_who_wants_no_motion(city: City, visiting: Visiting) -> None:
    visitor = visiting(reduced_motion="reduce")
    visitor.be(city.ana)
    for path in ("/", city.song, "/charts", "/pulse", "/notifications"):
        assert visitor.open(path).evaluate(MOVING) == [], path

"""What people wrote, as a page shows it: text, whatever it is made of."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_music.pages.words import (
    HUES,
    UNTITLED,
    counted,
    duration,
    hue,
    initial,
    plain,
    said,
    spoken,
    tongue,
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img onerror=x>',
    "' onfocus='x",
    "&lt;b&gt;",
    "\x00\x1b[2J",
    "\ud800",
]
TEXT = st.text(max_size=60) | st.sampled_from(HOSTILE)


class Seen(HTMLParser):
    """The elements and the text that a browser makes of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXT)
def test_a_title_is_text_in_one_element(text: str) -> None:
    seen = Seen(said(text))
    assert [tag for tag, _ in seen.tags] == ["bdi"]
    assert set(seen.tags[0][1]) <= {"lang"}
    assert seen.text == plain(text)


def test_a_long_title_is_cut_in_sentences() -> None:
    assert plain("x" * 500) == "x" * 500
    assert Seen(said("x" * 500)).text == "x" * 160 + "…"
    assert plain(" " * 200, 160) == UNTITLED


@given(TEXT)
def test_nothing_is_unseen(text: str) -> None:
    shown = plain(text)
    assert shown.strip()
    assert all(each >= " " and not "\x7f" <= each <= "\x9f" for each in shown)
    shown.encode()


@pytest.mark.parametrize("text", [None, "", "   ", "\u200b", "\u2066\u2069", "\u3000"])
def test_no_title_has_words(text: str | None) -> None:
    assert plain(text) == UNTITLED


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Blue in Green", ""),
        ("Björk: Jóga", ""),
        ("12 — !", ""),
        ("שיר נפלא", "und-Hebr"),
        ("أغنية", "und-Arab"),
        ("こんにちは世界", "ja"),
        ("世界", "und-Hani"),
        ("안녕", "ko"),
        ("Подмосковные вечера", "und-Cyrl"),
        ("Live in 東京", ""),
    ],
)
def test_the_script_of_a_title_is_told(text: str, lang: str) -> None:
    assert tongue(text) == (f' lang="{lang}"' if lang else "")


def test_mentions_of_people_are_links_and_all_else_is_text() -> None:
    made = spoken('Hi @Ana, @nobody & <b>@ben</b>"\n\x07', {"ana": "1", "ben": "2/..?"})
    assert made == (
        'Hi <a href="/users/1">@Ana</a>, @nobody &amp; &lt;b&gt;<a href="/users/2%2F..%3F">@ben</a>'
        "&lt;/b&gt;&#34;\n\N{SYMBOL FOR BELL}"
    )


@given(TEXT, st.dictionaries(st.sampled_from(["ana", "ben"]), st.sampled_from(HOSTILE[:4])))
def test_a_comment_has_no_other_elements_than_links(text: str, people: dict[str, str]) -> None:
    seen = Seen(spoken(f"{text} @ana {text}", people))
    assert {tag for tag, _ in seen.tags} <= {"a"}
    assert all(each["href"].startswith("/users/") for _, each in seen.tags if each["href"])


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0, "0:00"), (59.6, "1:00"), (151, "2:31"), (3601, "1:00:01")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_numbers_and_names() -> None:
    assert [counted(each, "play") for each in (0, 1, 1200)] == ["0 plays", "1 play", "1,200 plays"]
    assert counted(2, "child", "children") == "2 children"
    assert {hue(str(each)) for each in range(200)} == {f"hue-{each}" for each in range(HUES)}
    assert [initial(each) for each in ("ana", "  (ben)", "!!", "")] == ["a", "b", "?", "u"]

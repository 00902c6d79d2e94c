"""Music's pages, asked for as a browser without scripts asks: what is seen, and what forms do."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import httpx
import pytest
from tests.features.html_seen import Document
from tests.features.music_running import running

from antiphon import Transaction
from antiphon_music.catalog.application import catalogue
from antiphon_music.catalog.resources import Album, Artist, Genre, Song
from antiphon_music.surroundings import here

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
HOSTILE = [
    '<script>alert("x")</script>',
    "\"' onmouseover='alert(1)",
    "</title></bdi></main><h1>",
    "&lt;b&gt; {{ 7 * 7 }} {% raw %}",
    "\x01\x1b[31m\u202egnp.exe",
    "שיר נפלא",
    "🎷" * 40,
    "\u200b",
]
OPEN = ["/", "/songs", "/albums", "/artists", "/genres", "/charts", "/charts?of=artists", "/charts?of=albums"]
OPEN += ["/search", "/search?q=o", "/users", "/comments", "/sign-in", "/sign-up", "/settings", "/pulse"]
SIGNED_IN = ["/notifications", "/notifications?read=false"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Browser:
    """Somebody without scripts."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.http = httpx.AsyncClient(
            transport=transport,
            base_url="http://music",
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )
        self.id = ""

    async def see(self, url: str, status: int = 200) -> Document:
        """The page at a URL, which has no faults."""
        return self.seen(await self.http.get(url), status)

    def seen(self, answer: httpx.Response, status: int) -> Document:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        page = Document(answer.text)
        assert page.faults() == [], answer.request.url
        return page

    async def send(self, path: str, **fields: str) -> Document:
        """Send a form, and go where it leads."""
        answer = await self.http.post(path, data={"_next": "/", **fields})
        assert answer.status_code == 303, answer.text
        return await self.see(answer.headers["location"])

    async def refused(self, path: str, status: int, **fields: str) -> Document:
        """Send a form that is refused, and shown again."""
        return self.seen(await self.http.post(path, data={"_next": "/", **fields}), status)

    async def sign_up(self, name: str, **more: str) -> None:
        await self.send("/users", name=name, password=PASSWORD, sign_in="true", _from="/sign-up", **more)
        self.id = (await self.http.get("/session", headers={"Accept": "application/json"})).json()["user"]


@pytest.fixture
async def new(tmp_path: Path) -> AsyncIterator[Callable[[], Browser]]:
    """Browsers of music with a catalogue in which everything is called as nobody wants it."""
    data = tmp_path / "data"

    def fill(tx: Transaction) -> None:
        for place, name in enumerate(HOSTILE):
            tx.create(Genre(id=f"g{place}", name=name))
            tx.create(Artist(id=f"a{place}", name=name * 5))
            tx.create(Album(id=f"l{place}", title=name, artist=name, artist_id=f"a{place}", year=2000))
            song = Song(id=f"s{place}", title=name, artist=name, artist_id=f"a{place}", album=name)
            song.album_id, song.genre, song.length = f"l{place}", name, 61.0
            song.preview = "javascript:alert(1)" if place % 2 else None
            tx.create(song)

    with catalogue(here(data)).connect(data) as connection:
        connection.write(fill)
    browsers: list[Browser] = []
    async with running(data) as client:

        def browser() -> Browser:
            browsers.append(Browser(client._transport))
            return browsers[-1]

        yield browser


async def soon(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    with anyio.fail_after(10):
        while not await look():  # noqa: ASYNC110 - what is waited for is in the services
            await anyio.sleep(0.02)


async def test_pages_show_whatever_there_is_as_text(new: Callable[[], Browser]) -> None:
    anybody, ana = new(), new()
    await ana.sign_up("ana", display_name=HOSTILE[1])
    for place, text in enumerate(HOSTILE):
        await ana.send("/comments", subject=f"/songs/s{place}", text=f"{text} @ana")
        await ana.send("/plays", song_id=f"s{place}")
    comments = (await ana.http.get("/comments.json?order=id")).json()["items"]
    await ana.send("/comments", subject=f"/comments/{comments[0]['id']}", text=HOSTILE[0])
    pages = [f"/{kind}/{letter}{place}" for kind, letter in KINDS.items() for place in range(len(HOSTILE))]
    pages += [f"/users/{ana.id}", *(f"/comments/{each['id']}" for each in comments)]
    for url in (*OPEN, *pages):
        for browser in (anybody, ana):
            page = await browser.see(url)
            assert "49" not in page.text.split()
            assert not any((each.get("href") or "").startswith("javascript") for each in page.all("a"))
    for url in SIGNED_IN:
        await ana.see(url)
        assert "Sign in" in (await anybody.see(url, 401)).texts("a")
    song = await ana.see("/songs/s0")
    assert song.texts("h1") == [HOSTILE[0]]
    assert f"{HOSTILE[0]} @ana" in song.text
    assert {"lang": "und-Hebr", "dir": "auto"} in (await ana.see("/songs/s5")).all("h1")
    assert (await ana.see("/songs/s7")).texts("h1") == ["(untitled)"]


KINDS = {"songs": "s", "albums": "l", "artists": "a", "genres": "g"}


async def test_the_first_page_is_small(new: Callable[[], Browser]) -> None:
    """All that a browser fetches for it but covers and audio."""
    anybody = new()
    answer = await anybody.http.get("/")
    page = Document(answer.text)
    files = [each["src"] for each in page.all("script")] + [each["href"] for each in page.all("link")]
    size = len(answer.content)
    for file in files:
        assert file is not None
        fetched = await anybody.http.get(file)
        assert fetched.status_code == 200
        assert "immutable" in fetched.headers["cache-control"]
        size += len(fetched.content)
    assert size < 100_000
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


async def test_lists_are_asked_for_as_programs_ask(new: Callable[[], Browser]) -> None:
    ana = new()
    for path in ("/songs", "/albums", "/artists", "/genres", "/users", "/comments"):
        for query in ("fields=id", "limit=1000", "limit=1", "order=-id", "limit="):
            await ana.see(f"{path}?{query}")
        for query in ("limit=0", "limit=x", f"limit={'9' * 5000}", "order=colour", "colour=red", "after=x"):
            page = await ana.see(f"{path}?{query}", 400)
            assert page.texts("h1") != []
    first = await ana.see("/songs?limit=3&order=-length,id")
    assert len(first.texts("ol")) == 1
    (more,) = [each["href"] for each in first.all("a") if "after=" in (each.get("href") or "")]
    second = await ana.see(more or "")
    ids = [[each["id"] for each in page.all("li") if each.get("id")] for page in (first, second)]
    assert [len(each) for each in ids] == [3, 3]
    assert not set(ids[0]) & set(ids[1])


async def test_two_people_talk(new: Callable[[], Browser]) -> None:
    ana, ben = new(), new()
    await ana.sign_up("ana")
    await ben.sign_up("Ben")
    song = await ana.see("/songs/s0")
    form = song.form("/comments")
    said = await ana.send(form.action, **{**form.fields, "text": "That bass, @ben and @nobody!"})
    assert {"href": f"/users/{ben.id}"} in said.all("a")
    assert "That bass, @ben and @nobody!" in said.text

    async def rang() -> bool:
        return "Notifications, 1 not read" in [
            each.get("aria-label") for each in (await ben.see("/")).all("a")
        ]

    await soon(rang)
    news = await ben.see("/notifications")
    assert "ana mentioned you in a comment on a song" in news.texts("bdi")
    (unread,) = [each for each in news.forms if each.fields.get("read") == "true"]
    again = await ben.send(unread.action, **unread.fields)
    assert any(each.fields.get("read") == "false" for each in again.forms)
    comment = (await ben.http.get("/comments.json")).json()["items"][0]["id"]
    reply = (await ben.see(f"/comments/{comment}")).form("/comments")
    await ben.send("/comments", **{**reply.fields, "text": "Indeed."})
    assert "Indeed." in (await ana.see("/songs/s0")).text
    mine = (await ana.see("/songs/s0")).form(f"/comments/{comment}")
    assert mine.fields["_method"] == "DELETE"
    gone = await ana.send(mine.action, **mine.fields)
    assert "That bass" not in gone.text


async def test_likes_and_follows_are_counted_and_taken_back(new: Callable[[], Browser]) -> None:
    ana, anybody = new(), new()
    await ana.sign_up("ana")
    for path, subject in (("/likes", "/albums/l0"), ("/follows", "/artists/a0")):
        form = next(
            each
            for each in (await ana.see(subject)).forms
            if each.action == path and each.fields["subject"] == subject
        )
        await ana.send(form.action, **form.fields)
        said = "1 like" if path == "/likes" else "1 follower"

        async def counted(subject: str = subject, said: str = said) -> bool:
            page = await anybody.see(subject)
            labels = [each.get("aria-label") or "" for each in page.all("a")]
            return said in page.text or any(f"{said}:" in each for each in labels)

        await soon(counted)
        page = await ana.see(subject)
        assert any(each.get("aria-pressed") == "true" for each in page.all("button"))
        (mine,) = [each for each in page.forms if each.action.startswith(f"{path}/")]
        page = await ana.send(mine.action, **mine.fields)
        assert not any(each.get("aria-pressed") == "true" for each in page.all("button"))


async def test_people_settle_who_sees_them_and_what_they_are_told(new: Callable[[], Browser]) -> None:
    ana, anybody = new(), new()
    await ana.sign_up("ana")
    await ana.send("/comments", subject="/songs/s0", text="For everyone")

    async def known() -> bool:
        return (
            bool((await ana.http.get("/preferences.json")).json()["items"])
            and "For everyone" in (await anybody.see("/songs/s0")).text
        )

    await soon(known)
    profile = (await ana.see("/settings")).form(f"/users/{ana.id}")
    page = await ana.send(profile.action, **{**profile.fields, "private": "true", "display_name": "Ana <b>"})
    assert page.form(profile.action).fields["private"] == "true"
    assert page.form(profile.action).fields["display_name"] == "Ana <b>"

    async def hidden() -> bool:
        return "For everyone" not in (await anybody.see("/songs/s0")).text

    await soon(hidden)
    assert "For everyone" in (await ana.see("/songs/s0")).text
    wishes = page.form(f"/preferences/{ana.id}")
    assert wishes.fields["like"] == "true"
    page = await ana.send(wishes.action, **{**wishes.fields, "like": "false"})
    assert page.form(wishes.action).fields["like"] == "false"
    assert page.form(wishes.action).fields["reply"] == "true"


async def test_signing_up_in_and_out(new: Callable[[], Browser]) -> None:
    ana, other = new(), new()
    await ana.sign_up("ana")
    assert "Hello, ana" in (await ana.see("/")).texts("h1")
    taken = await other.refused(
        "/users", 409, name="Ana", password=PASSWORD, sign_in="true", _from="/sign-up?next=/charts"
    )
    assert taken.form("/users").fields["name"] == "Ana"
    assert any("'Ana'" in each for each in taken.texts("p"))
    wrong = await other.refused("/session", 401, name="ana", password="wrong", _from="/sign-in?next=/charts")
    assert wrong.form("/session").fields | {"_from": ""} == {
        "name": "ana",
        "password": "",
        "_next": "/charts",
        "_from": "",
    }
    await anyio.sleep(1.1)  # who failed must wait
    await other.send("/session", name="ana", password=PASSWORD)
    page = await other.send("/session", _method="DELETE")
    assert "Sign in" in page.texts("a")
    gone = await ana.send(f"/users/{ana.id}", _method="DELETE")
    assert "Sign in" in gone.texts("a")
    assert (await other.http.get(f"/users/{ana.id}")).status_code == 404


async def test_nothing_leads_elsewhere_or_comes_from_there(new: Callable[[], Browser]) -> None:
    ana = new()
    for onward in (
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:x",
    ):
        page = await ana.see(f"/sign-in?next={onward}")
        assert page.form("/session").fields["_next"] == "/"
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    made = {"name": "eve", "password": PASSWORD, "sign_in": "true"}
    for path, fields in (("/users", made), ("/session", {"name": "ana", "password": PASSWORD})):
        answer = await ana.http.post(path, data=fields, headers=foreign)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_a_chart_moves_as_songs_are_played(new: Callable[[], Browser]) -> None:
    ana = new()
    await ana.sign_up("ana")
    for song in ("s3", "s3", "s1"):
        await ana.http.post("/plays", json={"song_id": song}, headers={"Accept": "application/json"})

    async def charted() -> bool:
        plays = re.findall(r"Place (\d+).*?(\d+) play", (await ana.see("/charts")).text, re.DOTALL)
        return plays == [("1", "2"), ("2", "1")]

    await soon(charted)
    page = await ana.see(f"/charts?of=artists&window=7d&genre={HOSTILE[5]}")
    assert "Nothing was played yet" in page.text


async def test_the_pulse_tells_what_a_like_came_to(new: Callable[[], Browser]) -> None:
    ana, ben = new(), new()
    await ana.sign_up("ana")
    await ben.sign_up("ben")
    await ana.send("/comments", subject="/songs/s0", text="Mine")
    comment = (await ana.http.get("/comments.json")).json()["items"][0]["id"]
    await ben.send("/likes", subject=f"/comments/{comment}")

    async def told() -> bool:
        words = (await ben.see("/pulse")).text
        return "ben liked a comment" in words and "social: 1 change, a comment" in words

    await soon(told)
    others = (await ana.see("/pulse")).text
    assert "ben liked a comment" in others  # but not what came of it: that is ben's to know
    assert others.partition("ben liked a comment")[2].split()[:1] != ["social:"]

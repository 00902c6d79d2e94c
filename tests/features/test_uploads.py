"""Editors send tables to a running server: what arrives, how it goes on, and what is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.features.html_seen import Document
from tests.features.music_running import running

from antiphon_music.catalog.uploads import route
from antiphon_music.identity.operating import one_token

pytestmark = pytest.mark.anyio

TABLE = b"title,artist,genre,length\nBlue,Trio,Jazz,61\nRed,Trio,Jazz,62\n,Nobody,Jazz,63\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    data = tmp_path / "data"
    data.mkdir()
    async with running(data) as client:
        client.headers["Authorization"] = f"Bearer {one_token(data, ['editor'])}"
        yield client


async def send(client: httpx.AsyncClient, name: str, body: bytes, **options: Any) -> httpx.Response:
    return await client.post("/imports", files={"table": (name, body, "text/csv")}, **options)


async def ended(client: httpx.AsyncClient, place: str) -> dict[str, Any]:
    """The import when it is over."""
    with anyio.fail_after(30):
        while True:
            found: dict[str, Any] = (await client.get(place)).json()
            if found["state"] in ("done", "failed"):
                return found
            await anyio.sleep(0.05)


async def test_a_table_is_taken_in_and_told_of(editor: httpx.AsyncClient, tmp_path: Path) -> None:
    sent = await send(editor, "My table.csv", TABLE)
    assert (sent.status_code, sent.json()["state"]) == (201, "waiting")
    done = await ended(editor, sent.headers["location"])
    counted = {name: done[name] for name in ("added", "unchanged", "updated", "refused")}
    assert counted == {"added": 2, "unchanged": 0, "updated": 0, "refused": 1}
    assert done["read"] == done["size"] == len(TABLE)
    assert done["told"] == ["My table.csv, line 4: has no title in title"]
    songs = (await editor.get("/songs?order=title&fields=title,artist,genre")).json()["items"]
    assert [(each["title"], each["artist"], each["genre"]) for each in songs] == [
        ("Blue", "Trio", "Jazz"),
        ("Red", "Trio", "Jazz"),
    ]
    again = await ended(editor, (await send(editor, "My table.csv", TABLE)).headers["location"])
    assert (again["added"], again["unchanged"]) == (0, 2)
    with anyio.fail_after(10):
        while any((tmp_path / "data" / "imports").iterdir()):  # noqa: ASYNC110 - another process does it
            await anyio.sleep(0.05)


async def test_a_browser_is_shown_how_far_it_is(editor: httpx.AsyncClient) -> None:
    html = {"Accept": "text/html"}
    form = Document((await editor.get("/imports", headers=html)).text)
    assert form.faults() == []
    assert [each["name"] for each in form.all("input") if each.get("type") == "file"] == ["table"]
    sent = await send(editor, "songs.csv", TABLE, headers=html)
    assert sent.status_code == 303
    await ended(editor, sent.headers["location"])
    page = Document((await editor.get(sent.headers["location"], headers=html)).text)
    assert page.faults() == []
    (progress,) = page.all("progress")
    assert (progress["value"], progress["max"]) == (str(len(TABLE)), str(len(TABLE)))
    assert "songs.csv" in Document((await editor.get("/imports", headers=html)).text).texts("a")


async def test_what_is_no_table_is_told(editor: httpx.AsyncClient) -> None:
    failed = await ended(editor, (await send(editor, "list.csv", b"colour\nblue\n")).headers["location"])
    assert failed["state"] == "failed"
    assert "title" in failed["told"][0]
    assert "/" not in failed["told"][0]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("songs.exe", 422, "suffix"),
        ("songs.csv.gz", 422, "suffix"),
        ("", 422, "file"),
        ("../", 422, "No file"),
    ],
)
async def test_what_cannot_be_read_is_refused_at_once(
    editor: httpx.AsyncClient, tmp_path: Path, name: str, status: int, words: str
) -> None:
    sent = await send(editor, name, TABLE)
    assert (sent.status_code, words in sent.json()["detail"]) == (status, True), sent.text
    await nothing_is_left(editor, tmp_path)


async def test_broken_and_large_forms_are_refused(
    editor: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    begun = b'--x\r\nContent-Disposition: form-data; name="table"; filename="a.csv"\r\n\r\ntitle\n'
    for body, headers in ((begun, kind), (b"title", {"Content-Type": "text/csv"}), (b"", kind)):
        sent = await editor.post("/imports", content=body, headers=headers)
        assert (sent.status_code, sent.json()["code"]) == (400, "malformed")
    monkeypatch.setattr(route, "LARGEST", 1000)
    assert (await send(editor, "a.csv", b"x" * 2000)).status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        yield begun
        for _ in range(100):
            yield b"row\n" * 100

    sent = await editor.post("/imports", content=pieces(), headers=kind)
    assert (sent.status_code, sent.json()["code"]) == (413, "too_large")
    await nothing_is_left(editor, tmp_path)


async def test_only_editors_send_and_see_tables(editor: httpx.AsyncClient, tmp_path: Path) -> None:
    place = (await send(editor, "songs.csv", TABLE)).headers["location"]
    await ended(editor, place)
    anybody = httpx.AsyncClient(transport=editor._transport, base_url="http://music")
    assert (await send(anybody, "songs.csv", TABLE)).status_code == 401
    assert (await anybody.get(place)).status_code == 401
    anybody.headers["Authorization"] = f"Bearer {one_token(tmp_path / 'data', ['listener'])}"
    assert (await send(anybody, "songs.csv", TABLE)).status_code == 403
    assert (await anybody.get(place)).status_code in (403, 404)
    assert (await editor.delete(place)).status_code == 204


async def test_no_other_site_sends_tables(editor: httpx.AsyncClient, tmp_path: Path) -> None:
    """A cookie is sent along with forms of other sites too."""
    browser = httpx.AsyncClient(transport=editor._transport, base_url="http://music")
    browser.headers["Cookie"] = f"antiphon={one_token(tmp_path / 'data', ['editor'])}"
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example", "Accept": "text/html"}
    assert (await send(browser, "songs.csv", TABLE, headers=foreign)).status_code == 403
    await nothing_is_left(editor, tmp_path)
    ours = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    assert (await send(browser, "songs.csv", TABLE, headers=ours)).status_code == 303


async def test_one_that_is_put_away_stops_and_leaves_nothing(
    editor: httpx.AsyncClient, tmp_path: Path
) -> None:
    rows = b"".join(b"Song %d,Artist %d\n" % (number, number % 100) for number in range(200_000))
    place = (await send(editor, "many.csv", b"title,artist\n" + rows)).headers["location"]
    with anyio.fail_after(30):
        while (await editor.get(place)).json()["added"] == 0:  # noqa: ASYNC110 - another process does it
            await anyio.sleep(0.05)
    assert (await editor.delete(place)).status_code == 204
    waits = (await send(editor, "late.csv", TABLE)).headers["location"]
    assert (await editor.delete(waits)).status_code == 204
    other = await ended(editor, (await send(editor, "songs.csv", TABLE)).headers["location"])
    assert other["state"] == "done"
    with anyio.fail_after(10):
        while any((tmp_path / "data" / "imports").iterdir()):  # noqa: ASYNC110 - another task does it
            await anyio.sleep(0.05)
    assert int((await editor.get("/songs?limit=1")).headers["antiphon-position"].rpartition("-")[2]) < 300_000


async def nothing_is_left(editor: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await editor.get("/imports")).json()["items"] == []
    folder = tmp_path / "data" / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []

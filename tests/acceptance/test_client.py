"""The client against real servers, over a network that does its worst."""

import asyncio
import random
import re
import socket
import struct
import threading
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from contextlib import aclosing, closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import uvloop
from tests.acceptance.conftest import Serving
from tests.acceptance.proxy import Proxy
from tests.acceptance.server import Server

from antiphon import AntiphonError, Client, errors
from antiphon.client import Event, Page, Record

SECONDS = 60
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n%s\r\nsoon"

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "client.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", REFERENCE.read_text(), re.MULTILINE | re.DOTALL)


def run(work: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(SECONDS):
            await work

    asyncio.run(bounded())


async def titles(events: AsyncGenerator[Event, None], last: str) -> list[str]:
    """The titles of the records that are told, up to `last`."""
    found: list[str] = []
    async with aclosing(events):
        async for event in events:
            if event.kind != "live":
                found.append(event.record["title"])
            if found and found[-1] == last:
                return found
    raise AssertionError("the stream ended")


async def fails(
    awaitable: Awaitable[Any], kind: type[errors.Problem], match: str | None = None
) -> errors.Problem:
    with pytest.raises(kind, match=match) as caught:
        await awaitable
    assert type(caught.value) is kind
    return caught.value


def test_reading_writing_and_acting(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            song = await music.create("/songs", {"title": "So What", "genre": "Jazz", "length": 545})
            assert isinstance(song, Record)
            assert song["length"] == 545.0
            path = f"/songs/{song['id']}"
            assert await music.read(path) == song
            assert (await music.read(path)).etag == song.etag

            page = await music.read("/songs", {"length[gte]": 500, "order": "-title"}, genre="jazz")
            assert isinstance(page, Page)
            assert (page.items, page.next, page.position) == ([song], None, song.position)

            renamed = await music.act(f"{path}/rename", title="Freddie")
            assert renamed["title"] == "Freddie"
            patched = await music.patch(path, {"year": 1959}, released=date(1959, 8, 17))
            assert (patched["year"], patched["released"], patched["genre"]) == (1959, "1959-08-17", "Jazz")
            put = await music.put(path, {"title": "Blue", "genre": "Jazz"})
            assert (put["title"], put["year"]) == ("Blue", None)
            read = await music.read(path, at_least=put.position, fields=["title"])
            assert read == {"id": song["id"], "revision": put["revision"], "title": "Blue"}

            await fails(music.delete(path, if_match=song.etag), errors.PreconditionFailed)
            await music.delete(path, if_match=put.etag)
            await fails(music.read(path), errors.NotFound, song["id"])

    run(work())


def test_many_at_once_and_page_by_page(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            made = await music.create("/songs", [{"title": f"t{n:03}", "label": "many"} for n in range(55)])
            assert len(made.items) == 55
            found = [
                item["title"]
                async for page in music.pages("/songs", {"limit": 10}, label="many", order="title")
                for item in page.items
            ]
            assert found == [f"t{n:03}" for n in range(55)]
            again = await music.put("/songs", made.items)
            assert again.items == made.items
            log = await music.read("/events", {"limit": 7})
            assert len(log.items) == 7
            assert (await music.read(log.next)).items[0]["id"] != log.items[-1]["id"]

    run(work())


def test_each_refusal_is_raised_as_its_class(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            problem = await fails(music.create("/songs", {"title": ""}), errors.Invalid, "title")
            assert [each.field for each in problem.errors] == ["title"]
            await fails(music.create("/songs", [{"title": "x"}, {}]), errors.Invalid, "item 1")
            await fails(music.read("/songs", gnre="jazz"), errors.InvalidQuery, "genre")
            await fails(music.read("/songs", {"length[gte]": "long"}), errors.InvalidQuery, "number")
            await fails(music.read("/nothing"), errors.NotFound)
            await fails(music.write("PUT", "/health/live", {}), errors.MethodNotAllowed)
            await fails(music.read("/songs", at_least="nothing"), errors.InvalidPosition)
            await fails(music.read("/songs", at_least="other1-1"), errors.PositionGone)
            events = music.follow("/songs", order="title")
            await fails(anext(events), errors.InvalidQuery, "limit")
            song = await music.create("/songs", {"title": "one"})
            await fails(anext(music.follow(f"/songs/{song['id']}")), errors.NotAcceptable)
            await fails(anext(music.follow("/health/live")), errors.Malformed, "not a stream")

    run(work())


def test_a_body_that_is_too_long_is_told_so_however_much_was_sent(serving: Serving) -> None:
    server = serving(max_body_bytes=100_000)

    async def work() -> None:
        async with Client(server.url) as music:
            for size in (100_000, 1_000_000, 20_000_000):
                song = {"title": "long", "tags": ["x" * size]}
                await fails(music.create("/songs", song), errors.TooLarge, "100,000 bytes")
            assert (await music.read("/songs")).items == []

    run(work())


def test_an_address_without_a_scheme_is_refused_at_once() -> None:
    with pytest.raises(AntiphonError, match=r"'127\.0\.0\.1:8000' .* http://HOST:PORT"):
        Client("127.0.0.1:8000")


def test_a_service_that_is_not_there_is_unavailable_when_patience_ends(serving: Serving) -> None:
    server = serving()
    server.stop()

    async def work() -> None:
        async with Client(server.url, patience=0.5) as music:
            started = asyncio.get_running_loop().time()
            await fails(music.read("/songs"), errors.Unavailable, "Check that it runs there")
            await fails(anext(music.follow("/songs")), errors.Unavailable, "gives no answer")
            assert asyncio.get_running_loop().time() - started < 10

    run(work())


def test_connections_that_end_as_they_begin_are_no_answer() -> None:
    """As while a service is killed. On the loop that services use, a few of them fail in their own way."""

    async def work(url: str) -> None:
        async with Client(url, patience=0) as music:
            for _ in range(1000):
                await fails(music.read("/songs"), errors.Unavailable, "gives no answer")

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=reset_all, args=(listening,), daemon=True).start()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work(f"http://127.0.0.1:{listening.getsockname()[1]}"))


def reset_all(listening: socket.socket) -> None:
    """Reset each connection at once (socket(7): SO_LINGER)."""
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


def test_ask_then_follow(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            await music.create("/songs", {"title": "before", "label": "ask"})
            page = await music.read("/songs", label="ask")
            for title in ("a", "b", "c"):
                await music.create("/songs", {"title": title, "label": "ask"})
                await music.create("/songs", {"title": title, "label": "not asked"})
            changes = music.follow("/songs", label="ask", after=page.position)
            assert await titles(changes, "c") == ["a", "b", "c"]

    run(work())


def test_following_without_a_position_begins_with_what_is_there(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            song = await music.create("/songs", {"title": "here", "label": "list"})
            events = music.follow("/songs?label=list")
            async with aclosing(events):
                assert await anext(events) == Event("present", song, None)
                live = await anext(events)
                assert (live.kind, live.position) == ("live", song.position)
                await music.patch(f"/songs/{song['id']}", label="elsewhere")
                removed = await anext(events)
                assert (removed.kind, set(removed.record)) == ("removed", {"id", "revision"})
                assert removed.position is not None
                other = await music.create("/songs", {"title": "there", "label": "list"})
                assert await anext(events) == Event("added", other, other.position)

    run(work())


def test_the_log_itself_can_be_followed(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            events = music.follow("/events", type="artist.added", after="now", bookmarks=True)
            async with aclosing(events):
                assert (await anext(events)).kind == "bookmark"
                artist = await music.create("/artists", {"name": "Miles Davis"})
                event = await anext(events)
                assert (event.kind, event.position) == ("message", artist.position)
                assert event.record["data"]["after"] == artist

    run(work())


@pytest.mark.parametrize("given", [{"X-Request-ID": "fixed"}, None])
def test_headers_go_along_whether_fixed_or_made_each_time(given: dict[str, str] | None) -> None:
    seen: list[str] = []
    made = iter(range(10))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        seen.append(re.findall(r"(?im)^x-request-id: (.*?)\r$", request)[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def work() -> None:
        listener = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with (
            listener,
            Client(url, headers=given or (lambda: {"X-Request-ID": str(next(made))})) as client,
        ):
            await client.read("/a")
            await client.write("POST", "/a")
        assert seen == (["fixed"] * 2 if given else ["0", "1"])

    run(work())


def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(server: Server) -> None:
    async def work() -> None:
        async with Proxy(server.port) as proxy, Client(proxy.url) as music:
            proxy.lose = 3
            song = await music.create("/songs", {"title": "once", "label": "lost"})
            assert proxy.lose == 0
            proxy.lose = 1
            again = await music.act(f"/songs/{song['id']}/rename", title="twice")
            proxy.lose = 1
            await music.create("/songs", [{"title": "many", "label": "lost"}])
            page = await music.read("/songs", label="lost")
            assert [item["title"] for item in page.items] == ["twice", "many"]
            assert page.items[0] == again
            proxy.lose = 1
            await music.delete(f"/songs/{song['id']}")
            await fails(music.read(f"/songs/{song['id']}"), errors.NotFound)

    run(work())


def test_a_service_that_is_unavailable_is_asked_again(server: Server) -> None:
    async def work() -> None:
        async with Proxy(server.port) as proxy, Client(proxy.url, patience=20) as music:
            proxy.refusal, proxy.refusals = REFUSAL % b"", 3
            song = await music.create("/songs", {"title": "after all", "label": "503"})
            assert proxy.refusals == 0

        async with Proxy(server.port) as proxy, Client(proxy.url, patience=20) as music:
            proxy.refusal, proxy.refusals = REFUSAL % b"", 3
            events = music.follow("/songs", label="503")
            assert await anext(events) == Event("present", song, None)
            await events.aclose()
            assert proxy.refusals == 0

        async with Proxy(server.port) as proxy, Client(proxy.url, patience=20) as music:
            proxy.refusal, proxy.refusals = REFUSAL % b"Retry-After: 2\r\n", 2
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(music.read("/songs"), 1.5)
            assert proxy.refusals == 1

    run(work())


@pytest.mark.parametrize("query", ["label=cut", "label=cut&order=title&limit=3", "label=cut&fields=title"])
def test_connections_that_are_cut_at_any_byte_lose_and_repeat_nothing(server: Server, query: str) -> None:
    """A follower whose connections are cut all the time is told what one is told whose are not."""
    chance = random.Random(query)

    async def work() -> None:
        async with Proxy(server.port) as proxy, Client(proxy.url) as cut, Client(server.url) as music:
            proxy.cut_after = lambda: chance.choice(
                [0, 100, 1000, *(chance.randrange(200, 2500) for _ in range(5))]
            )
            position = (await music.read("/songs", label="cut")).position
            there: list[str] = []
            for number in range(60):
                if there and chance.random() < 0.3:
                    await music.delete(there.pop(chance.randrange(len(there))))
                elif there and chance.random() < 0.3:
                    await music.patch(chance.choice(there), title=f"{chance.randrange(10)}")
                else:
                    fields = {"title": f"{chance.randrange(10)}\u2028", "label": "cut", "year": number}
                    song = await music.create("/songs", fields)
                    there.append(f"/songs/{song['id']}")
            last = await music.create("/songs", {"title": " ", "label": "cut"})

            async def told(client: Client) -> list[Event]:
                found: list[Event] = []
                async with aclosing(client.follow(f"/songs?{query}", after=position)) as events:
                    async for event in events:
                        found.append(event)
                        if event.position == last.position:
                            return found
                raise AssertionError("the stream ended")

            assert await told(cut) == await told(music)
            assert proxy.connections > 5
            for path in (*there, f"/songs/{last['id']}"):
                await music.delete(path)

    run(work())


def test_a_list_that_is_cut_is_told_as_one(server: Server) -> None:
    """Records change while the list is cut again and again; all told together is what is there at `live`."""
    chance = random.Random(5)

    async def work() -> None:
        async with Proxy(server.port) as proxy, Client(proxy.url) as cut, Client(server.url) as music:
            made = await music.create("/songs", [{"title": f"{n}", "label": "cut list"} for n in range(40)])
            proxy.cut_after = lambda: 2000 * proxy.connections
            known: dict[str, int] = {}
            kinds: set[str] = set()
            async with aclosing(cut.follow("/songs", label="cut list")) as events:
                async for event in events:
                    kinds.add(event.kind)
                    if event.kind == "live":
                        proxy.cut_after = lambda: None
                        last = await music.create("/songs", {"title": "last", "label": "cut list"})
                        continue
                    id, revision = event.record["id"], event.record["revision"]
                    assert known.get(id) != revision or event.kind == "removed"
                    if event.kind == "removed":
                        del known[id]
                    else:
                        known[id] = revision
                    if "live" in kinds:
                        if event.position == last.position:
                            break
                        continue
                    assert event.position is None
                    if chance.random() < 0.2:
                        await music.patch(
                            f"/songs/{chance.choice(made.items)['id']}", year=chance.randrange(3000)
                        )
                    if event.kind == "present" and chance.random() < 0.2 and id in known:
                        await music.write("PATCH", f"/songs/{id}", {"label": "no more"})
            there = await music.read("/songs", label="cut list", limit=100)
            assert known == {item["id"]: item["revision"] for item in there.items}
            assert proxy.connections > 3
            assert kinds == {"present", "added", "changed", "removed", "live"}

    run(work())


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_reference_run(
    serving: Serving, example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serving()
    exec(compile(example.replace("http://127.0.0.1:8000", server.url), REFERENCE, "exec"), {})
    assert capsys.readouterr().out in ("changed So What\n", "['title']\n")


def test_a_slow_network_only_takes_its_time(server: Server) -> None:
    async def work() -> None:
        async with Proxy(server.port) as proxy, Client(proxy.url) as slow, Client(server.url) as music:
            proxy.pace = 0.005
            position = (await music.read("/songs")).position
            for number in range(20):
                await music.create("/songs", {"title": f"{number} ♪", "label": "slow"})
            found = await titles(slow.follow("/songs", label="slow", after=position), "19 ♪")
            assert found == [f"{number} ♪" for number in range(20)]

    run(work())


def test_a_server_that_is_killed_and_started_again_under_followers(serving: Serving) -> None:
    server = serving()
    count, rounds = 120, 4

    async def work() -> None:
        async with Client(server.url, patience=30) as music:
            start = (await music.read("/songs")).position

            async def write() -> None:
                for number in range(count):
                    await music.create("/songs", {"title": f"{number}", "genre": "Jazz"})
                await music.create("/songs", {"title": "last", "genre": "Jazz"})

            async def trouble() -> None:
                for place in range(rounds):
                    await asyncio.sleep(random.uniform(0.05, 0.4))
                    await asyncio.to_thread(server.kill if place % 2 else server.stop)
                    await asyncio.to_thread(server.start)

            expected = [*(f"{number}" for number in range(count)), "last"]
            async with asyncio.TaskGroup() as group:
                group.create_task(write())
                group.create_task(trouble())
                followers = [
                    group.create_task(titles(music.follow("/songs", genre="jazz", after=start), "last")),
                    group.create_task(titles(music.follow("/songs", genre="jazz"), "last")),
                ]
            for follower in followers:
                assert follower.result() == expected
            page = await music.read("/songs", limit=1000)
            assert [item["title"] for item in page.items] == expected

    run(work())


def test_a_follower_that_is_told_to_return_stays_away_as_long_as_it_was_told_to(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    server = serving()

    async def work() -> None:
        async with Client(server.url) as music:
            await music.create("/songs", {"title": "first"})
            events = music.follow("/songs")
            async with aclosing(events):
                assert [(await anext(events)).kind for _ in range(2)] == ["present", "live"]
                following = asyncio.create_task(anext(events))
                await asyncio.sleep(0.2)
                with caplog.at_level("INFO", "antiphon.client"):
                    assert await asyncio.to_thread(server.stop) == 0
                    await asyncio.sleep(0.1)
                await asyncio.to_thread(server.start)
                second = await music.create("/songs", {"title": "second"})
                assert await following == Event("added", second, second.position)
            (said, seconds), *_ = (record.args for record in caplog.records if isinstance(record.args, tuple))
            assert "ended the stream" in str(said)
            assert isinstance(seconds, float)
            assert 0.5 <= seconds <= 1.0

    run(work())


def test_a_position_that_is_gone_is_raised_and_no_gap_is_skipped(serving: Serving) -> None:
    server, other = serving(), serving()

    async def work() -> None:
        async with Client(server.url) as music, Client(other.url) as elsewhere:
            foreign = await elsewhere.create("/songs", {"title": "elsewhere"})
            await fails(anext(music.follow("/songs", after=foreign.position)), errors.PositionGone)
            events = music.follow("/songs")
            async with aclosing(events):
                await anext(events)
                following = asyncio.create_task(anext(events))
                await asyncio.sleep(0.2)
                await asyncio.to_thread(server.stop)
                (server.folder / "library.db").unlink()  # another life of the log, as after a restored backup
                await asyncio.to_thread(server.start)
                await fails(following, errors.PositionGone, "another incarnation")

    run(work())


def test_an_event_loop_that_is_left_in_the_middle_lets_go_of_the_connection(server: Server) -> None:
    async def work() -> None:
        async with Client(server.url) as music:
            before = server.sockets()
            async for _ in music.follow("/songs", after="now", bookmarks=True):
                break
            for _ in range(100):
                if server.sockets() <= before:
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("the connection stays open")

    run(work())

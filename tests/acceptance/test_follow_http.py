"""Following over server-sent events, as a browser or a script does it."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import new_song, problem, refused
from tests.acceptance.server import Server, eventually
from tests.acceptance.stream import Parser, Told, number_of

STREAM = {"Accept": "text/event-stream"}


class Stream:
    """An open event stream, read as far as is asked for."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._pieces = response.iter_raw()
        self._parser = Parser()
        self._waiting: list[Told] = []

    def take(self, count: int) -> list[Told]:
        """The next `count` events, bookmarks left out; raises StopIteration if the stream ends before."""
        found: list[Told] = []
        while len(found) < count:
            while not self._waiting:
                self._waiting = self._parser.feed(next(self._pieces))
            told = self._waiting.pop(0)
            if told.data is not None:
                found.append(told)
        return found

    def bookmark(self) -> int:
        """The number of the next event that has a position and no data."""
        while True:
            while not self._waiting:
                self._waiting = self._parser.feed(next(self._pieces))
            told = self._waiting.pop(0)
            if told.data is None:
                assert told.number is not None
                return told.number

    def rest(self) -> bytes:
        return b"".join(self._pieces)


@contextmanager
def following(client: httpx.Client, url: str, **headers: str) -> Iterator[Stream]:
    with client.stream("GET", url, headers={**STREAM, **headers}) as response:
        if response.status_code != 200:
            response.read()
        assert response.status_code == 200, response.text
        yield Stream(response)


def position_now(client: httpx.Client) -> str:
    return str(client.get("/songs?limit=1").headers["Antiphon-Position"])


def followers(client: httpx.Client) -> float:
    (line,) = [each for each in metrics(client) if each.startswith("antiphon_followers{")]
    return float(line.split()[1])


def metrics(client: httpx.Client) -> list[str]:
    return client.get("/metrics").text.splitlines()


def test_a_stream_lists_what_is_there_and_then_tells_each_change(client: httpx.Client) -> None:
    here = new_song(client, genre="told")
    new_song(client, genre="untold")
    with following(client, "/songs?genre=TOLD") as stream:
        for name, value in {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "Vary": "Accept",
        }.items():
            assert stream.response.headers[name] == value
        present, live = stream.take(2)
        assert present == ("present", None, here)
        assert (live.kind, live.data) == ("live", {"position": position_now(client)})
        assert live.number == number_of(live.data["position"])
        added = new_song(client, genre="told")
        new_song(client, genre="untold")
        changed = client.patch(f"/songs/{here['id']}", json={"year": 1}).json()
        left = client.patch(f"/songs/{added['id']}", json={"genre": "untold"}).json()
        back = client.patch(f"/songs/{added['id']}", json={"genre": "Told"}).json()
        gone = client.delete(f"/songs/{here['id']}").headers["Antiphon-Position"]
        assert stream.take(5) == [
            ("added", added["revision"], added),
            ("changed", changed["revision"], changed),
            ("removed", left["revision"], {"id": added["id"], "revision": left["revision"]}),
            ("added", back["revision"], back),
            ("removed", number_of(gone), {"id": here["id"], "revision": number_of(gone)}),
        ]


def test_what_leaves_does_not_show_what_it_became(client: httpx.Client) -> None:
    song = new_song(client, genre="seen")
    with following(client, "/songs?genre=seen&from=now") as stream:
        client.patch(f"/songs/{song['id']}", json={"genre": "hidden", "label": "secret"})
        (removed,) = stream.take(1)
        assert removed.data.keys() == {"id", "revision"}


@pytest.mark.parametrize("by", ["from", "Last-Event-ID", "both"])
def test_a_stream_from_a_position_tells_what_came_after_it(client: httpx.Client, by: str) -> None:
    songs = [new_song(client, genre=f"from {by}") for _ in range(3)]
    position = client.get(f"/songs/{songs[0]['id']}").headers["ETag"].strip('"').rpartition("-")[0]
    url = f"/songs?genre=from {by}"
    headers = {} if by == "from" else {"Last-Event-ID": position}
    if by == "from":
        url += f"&from={position}"
    if by == "both":  # a browser that comes back keeps its URL, and knows better
        url += "&from=now"
    with following(client, url, **headers) as stream:
        assert stream.take(2) == [("added", song["revision"], song) for song in songs[1:]]


def test_a_position_is_good_for_any_query_and_for_events(client: httpx.Client) -> None:
    song = new_song(client, genre="anywhere")
    before = client.get(f"/songs/{song['id']}").headers["ETag"].strip('"').rpartition("-")[0]
    artist = client.post("/artists", json={"name": "Anywhere"}).json()
    with following(client, "/artists", **{"Last-Event-ID": before}) as stream:
        assert stream.take(1) == [("added", artist["revision"], artist)]
    with following(client, f"/events?from={before}") as stream:
        (event,) = stream.take(1)
        assert (event.number, event.data["data"]["after"]) == (artist["revision"], artist)
    assert client.get(f"/events?from={before}").json()[0] == event.data
    answer = client.get("/artists", headers={"Antiphon-Min-Position": event.data["id"]})
    assert artist in answer.json()["items"]


def test_from_now_tells_nothing_of_before(client: httpx.Client) -> None:
    new_song(client, genre="before now")
    with following(client, "/songs?genre=before now&from=now") as stream:
        assert stream.bookmark() == number_of(position_now(client))
        song = new_song(client, genre="before now")
        assert stream.take(1) == [("added", song["revision"], song)]


def test_fields_cut_down_what_is_told(client: httpx.Client) -> None:
    song = new_song(client, genre="cut stream", year=1)
    with following(client, "/songs?genre=cut stream&fields=year") as stream:
        assert stream.take(2)[0].data == {"id": song["id"], "revision": song["revision"], "year": 1}
        changed = client.patch(f"/songs/{song['id']}", json={"title": "Elsewhere"}).json()
        (told,) = stream.take(1)
        assert told.data == {"id": song["id"], "revision": changed["revision"], "year": 1}


def test_a_window_tells_what_enters_and_falls_out(client: httpx.Client) -> None:
    songs = [new_song(client, genre="window", year=year) for year in (3, 1, 2)]
    with following(client, "/songs?genre=window&order=-year&limit=2") as stream:
        first, second, live = stream.take(3)
        assert [first.data, second.data, live.kind] == [songs[0], songs[2], "live"]
        best = new_song(client, genre="window", year=9)
        assert stream.take(2) == [
            ("removed", None, {"id": songs[2]["id"], "revision": best["revision"]}),
            ("added", best["revision"], best),
        ]
        number = number_of(client.delete(f"/songs/{best['id']}").headers["Antiphon-Position"])
        assert stream.take(2) == [
            ("removed", None, {"id": best["id"], "revision": number}),
            ("added", number, songs[2]),
        ]


@pytest.mark.parametrize("query", ["after=x", "order=title", "order=-id", "limit=0", "limit=1001"])
def test_a_stream_has_no_pages_and_no_order_without_limit(client: httpx.Client, query: str) -> None:
    answer = refused(client, f"/songs?{query}")
    assert problem(answer, 400, answer.json()["code"])["code"] in ("invalid_query", "invalid_cursor")


def test_a_stream_and_an_export_take_no_cursor(client: httpx.Client) -> None:
    for _ in range(2):
        new_song(client)
    cursor = client.get("/songs?limit=1").json()["next"].rpartition("after=")[2]
    for accept in ("text/event-stream", "application/x-ndjson"):
        answer = refused(client, f"/songs?after={cursor}", Accept=accept)
        assert "after" in problem(answer, 400, "invalid_query")["hint"]


def test_an_alias_and_head_work_for_streams(client: httpx.Client) -> None:
    head = client.head("/genre", headers=STREAM)
    assert head.headers["Content-Type"] == "text/event-stream"
    with following(client, "/genre?from=now") as stream:
        genre = client.post("/genres", json={"name": "Aliased"}).json()
        assert stream.take(1) == [("added", genre["revision"], genre)]


def test_what_a_transaction_changes_is_told_together(client: httpx.Client) -> None:
    song = new_song(client, genre="together")
    with following(client, "/songs?genre=together&from=now") as stream:
        stream.bookmark()
        client.post(f"/songs/{song['id']}/split", json={"titles": ["a", "b"]})
        stream.take(1)
        assert len(stream._waiting) == 2  # they came in one piece


@pytest.mark.parametrize(
    ("url", "accept"),
    [
        ("/songs", "text/event-stream"),
        ("/songs?from=now", "text/event-stream"),
        ("/songs?order=title&limit=1", "text/event-stream"),
        ("/songs", "application/x-ndjson"),
        ("/songs", "application/json"),
        ("/songs/x", "application/json"),
        ("/events", "application/json"),
        ("/events", "text/event-stream"),
    ],
)
def test_an_answer_is_as_new_as_it_is_asked_to_be(client: httpx.Client, url: str, accept: str) -> None:
    for position, status, code in (("x", 400, "invalid_position"), ("other-5", 410, "position_gone")):
        answer = refused(client, url, **{"Accept": accept, "Antiphon-Min-Position": position})
        problem(answer, status, code)


def test_a_quiet_follower_is_moved_on(serving: Serving) -> None:
    server = serving(heartbeat_seconds=0.1)
    with server.client() as client:
        for url in ("/songs?genre=never", "/songs?genre=never&limit=3&order=title", "/events?type=no"):
            with following(client, url) as stream:
                client.post("/genres", json={"name": "x"})
                now = number_of(position_now(client))
                while stream.bookmark() < now:
                    pass


def test_followers_are_counted_and_their_ends_too(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        with following(client, "/songs") as one, following(client, "/events?from=now") as two:
            one.take(1)
            two.bookmark()
            assert eventually(lambda: followers(client) == 2)
        assert eventually(lambda: followers(client) == 0, 5)
        assert 'antiphon_followers_left_total{reason="closed",service="library"} 2.0' in metrics(client)


def test_one_follower_too_many_is_told_to_come_later(serving: Serving) -> None:
    server = serving(max_follows=2)
    with server.client() as client:
        new_song(client)
        with following(client, "/songs") as one, following(client, "/songs?from=now"):
            one.take(2)
            assert eventually(lambda: followers(client) == 2)
            for url in ("/songs", "/songs?from=now", "/songs?order=title&limit=1", "/events"):
                answer = refused(client, url)
                assert "2" in problem(answer, 503, "unavailable")["detail"]
                assert answer.headers["Retry-After"]
        assert eventually(lambda: followers(client) == 0, 5)
        with following(client, "/songs") as three:
            three.take(2)


def test_a_stop_tells_followers_to_come_back(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        song = new_song(client)
        with following(client, "/songs") as stream, following(client, "/events?from=now") as events:
            stream.take(2)
            events.bookmark()
            server.stop()
            assert stream.rest() == events.rest() == b"retry: 1000\n\n"
        server.start()
        with following(client, "/songs", **{"Last-Event-ID": position_now(client)}) as stream:
            more = new_song(client)
            assert stream.take(1) == [("added", song["revision"] + 1, more)]


def test_writes_in_flight_are_finished_at_a_stop(serving: Serving) -> None:
    server = serving()
    body = b'{"title": "In flight"}'
    with server.connect() as connection, server.client() as client:
        connection.sendall(
            b"POST /songs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body[:10])
        )
        client.get("/health/live")  # it has been seen by now
        server.signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(body[10:])
        answer = connection.recv(10_000)
        assert answer.startswith((b"HTTP/1.1 201", b"HTTP/1.1 503"))
    server.wait()
    server.start()
    with server.client() as client:
        found = [song["title"] for song in client.get("/songs").json()["items"]]
    assert found == (["In flight"] if b" 201 " in answer else [])


@pytest.mark.parametrize("accept", [b"text/event-stream", b"application/x-ndjson"])
def test_a_client_of_http_1_0_is_told_that_streams_are_not_for_it(server: Server, accept: bytes) -> None:
    with server.connect(5) as connection:
        connection.sendall(b"GET /songs HTTP/1.0\r\nAccept: %b\r\n\r\n" % accept)
        got = b"".join(iter(lambda: connection.recv(10_000), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()  # which it could not read (RFC 9112, 6.1)
    assert head.startswith(b"HTTP/1.1 505")
    assert b'"code":"http_version"' in body


@pytest.mark.parametrize("end", [socket.SHUT_WR, None])
def test_a_follower_that_goes_is_let_go(serving: Serving, end: int | None) -> None:
    server = serving(heartbeat_seconds=0.1)
    with server.client() as client:
        client.get("/health/live")
        before = server.sockets()
        for _ in range(5):
            connection = server.connect()
            connection.sendall(b"GET /songs HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
            connection.recv(10_000)
            if end is None:
                connection.close()
            else:
                connection.shutdown(end)
                connection.close()
        assert eventually(lambda: server.sockets() == before, 5)
        assert eventually(lambda: followers(client) == 0, 5)


def test_a_stream_says_that_its_connection_ends_with_it(client: httpx.Client) -> None:
    with client.stream("GET", "/songs?from=now", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["Connection"] == "close"

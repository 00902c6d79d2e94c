"""Open pages: kept as they are on the server, whatever happens in between."""

import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.acceptance.browsing import Open, browser, parts_of, sign_in
from tests.acceptance.server import Server, eventually

PROGRAM = Path(__file__).with_name("page_program.py")
Serving = Callable[..., Server]


@pytest.fixture
def notes(serving: Serving) -> Server:
    return serving(program=PROGRAM)


def shelve(client: httpx.Client, name: str) -> str:
    """Make a shelf; returns its path."""
    made = client.post("/shelves", json={"name": name})
    assert made.status_code == 201
    return str(made.headers["Location"])


def test_only_the_part_that_changed_is_told(notes: Server) -> None:
    with sign_in(notes, "ana") as ana:
        page = ana.get("/desk").text
        opened = Open(ana, "/desk", have=parts_of(page))
        assert opened.until_live() == []
        shelve(ana, "first")
        told = opened.next()
        assert told.parts == {"live-shelves"}
        assert "1 shelves, FIRST first" in told.data
        ana.post("/notes", data={"text": "hello"})
        assert opened.next().parts == {"live-notes"}
        assert parts_of(ana.get("/desk").text) == opened.have
        opened.close()


def test_one_who_has_nothing_is_told_all_and_one_who_has_all_nothing(notes: Server) -> None:
    with browser(notes) as client:
        first = Open(client, "/desk")
        assert [each.parts for each in first.until_live()] == [{"live-notes", "live-shelves"}]
        first.close()
        second = Open(client, "/desk", last=first.last)
        assert second.until_live() == []
        second.close()
        third = Open(
            client, "/desk", last="live-notes:00ff,nonsense,live-shelves:" + first.have["live-shelves"]
        )
        assert [each.parts for each in third.until_live()] == [{"live-notes"}]
        third.close()


def test_a_kill_under_an_open_page_costs_it_nothing(notes: Server) -> None:
    with sign_in(notes, "ana") as ana:
        opened = Open(ana, "/desk")
        opened.until_live()
        shelve(ana, "before")
        opened.until("BEFORE")
        notes.kill()
        with pytest.raises(httpx.HTTPError):
            opened.rest()
        notes.start()
        again = Open(ana, "/desk", last=opened.last)
        assert again.until_live() == []
        again.close()
        shelve(ana, "another")
        missed = Open(ana, "/desk", last=opened.last)
        told = missed.until_live()
        assert [each.parts for each in told] == [{"live-shelves"}]
        assert parts_of(ana.get("/desk").text) == {**opened.have, **missed.have}
        missed.close()


def test_what_is_written_while_a_page_is_made_is_not_missed(notes: Server) -> None:
    """The page waits before it asks, and writes come all the while: what is shown last is what there is."""
    with browser(notes) as client, notes.client() as writer:
        opened = Open(client, "/slow")
        opened.until_live()
        for number in range(40):
            shelve(writer, f"one of many {number}")
            time.sleep(0.013)
        told = opened.until(">40 shelves<")
        assert told.parts == {"live-slow"}
        opened.close()


def test_many_changes_are_few_tellings(notes: Server) -> None:
    with browser(notes) as client, notes.client() as writer:
        opened = Open(client, "/desk")
        opened.until_live()
        began = time.monotonic()
        for number in range(300):
            shelve(writer, f"number {number}")
        seconds = time.monotonic() - began
        count = 1
        while ">300 shelves" not in opened.next().data:
            count += 1
        assert count <= 11 * seconds + 3
        opened.close()


def test_what_one_may_see_is_decided_anew_each_time(notes: Server) -> None:
    """Who leaves a group sees its notes no more on a page that was open before."""
    with sign_in(notes, "ana") as ana, sign_in(notes, "ben") as ben:
        secret = ana.post("/notes", json={"text": "for the choir alone", "audience": "choir"})
        assert secret.status_code == 201
        opened = Open(ben, "/desk")
        assert all("choir" not in each.data for each in opened.until_live())
        joined = ana.post("/members", json={"person": "ben", "group": "choir"}).headers["Location"]
        assert opened.next().parts == {"live-notes"}
        assert "for the choir alone" in ben.get("/desk").text
        assert ana.delete(joined).status_code == 204
        told = opened.next()
        assert told.parts == {"live-notes"}
        assert "for the choir" not in told.data
        assert "for the choir" not in ben.get("/desk").text
        opened.close()


def test_a_record_that_leaves_ones_sight_leaves_the_page(notes: Server) -> None:
    with sign_in(notes, "ana") as ana, sign_in(notes, "ben") as ben:
        place = ana.post("/notes", json={"text": "public at first", "audience": "all"}).headers["Location"]
        opened, item = Open(ben, "/desk"), Open(ben, place)
        assert "public at first" in opened.until_live()[0].data
        item.until_live()
        ana.patch(place, json={"audience": None, "text": "private now"})
        assert "public" not in opened.next().data
        gone = item.rest()
        assert [each.kind for each in gone] == ["gone"]
        assert "not_found" in gone[0].data
        assert "private now" not in gone[0].data
        opened.close()


def test_a_session_that_is_over_ends_its_pages(notes: Server) -> None:
    with sign_in(notes, "ana") as ana:
        opened = Open(ana, "/desk")
        opened.until_live()
        assert ana.put("/ended/session-of-ana", json={}).status_code == 201
        told = opened.rest()
        assert [each.kind for each in told] == ["gone"]
        assert "not_signed_in" in told[0].data
        again = Open(ana, "/desk")
        assert [each.kind for each in again.rest()] == ["gone"]


def test_a_server_that_stops_lets_pages_go_and_they_come_back(notes: Server) -> None:
    with browser(notes) as client:
        opened = Open(client, "/desk")
        opened.until_live()
        assert notes.stop() == 0
        assert opened.rest() == []
        notes.start()
        again = Open(client, "/desk", last=opened.last)
        assert again.until_live() == []
        again.close()


def test_one_who_reads_nothing_hurts_only_itself(serving: Serving) -> None:
    """It is held in little memory while all changes, others are told at once, and it is cut in the end."""
    notes = serving(program=PROGRAM, snapshot_seconds=2)
    with sign_in(notes, "ana") as ana:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", notes.port))
        cookie = "; ".join(f"{name}={value}" for name, value in ana.cookies.items())
        slow.sendall(f"GET /live?page=/desk HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
        quick = Open(ana, "/desk")
        quick.until_live()
        ana.post("/notes", json={"text": "the first"})
        quick.until("the first")
        before = notes.memory()
        sockets = notes.sockets()
        for number in range(60):
            ana.post("/notes", json={"text": f"{number} " + "x" * 19_000})
            quick.until(f">{number} ")
        assert notes.memory() < before + 30_000_000
        assert eventually(lambda: notes.sockets() < sockets)
        slow.close()
        quick.close()


def test_pages_that_are_alike_are_made_once(serving: Serving) -> None:
    """Thirty open pages of one URL, and one change: far from thirty times the work of one."""
    notes = serving(program=PROGRAM)
    seen: list[float] = []

    def watch(ready: threading.Barrier) -> None:
        with browser(notes) as client:
            opened = Open(client, "/desk")
            opened.until_live()
            ready.wait(20)
            opened.until("THE ONE")
            seen.append(time.monotonic())
            opened.close()

    ready = threading.Barrier(31)
    watchers = [threading.Thread(target=watch, args=(ready,)) for _ in range(30)]
    for each in watchers:
        each.start()
    ready.wait(20)
    with notes.client() as writer:
        began = time.monotonic()
        shelve(writer, "the one")
    for each in watchers:
        each.join(20)
    assert len(seen) == 30
    assert max(seen) - began < 5


def test_what_is_no_page_is_refused(notes: Server) -> None:
    with browser(notes) as client:
        for page, status in (("//evil", 400), ("desk", 400), ("https://x/", 400)):
            answer = client.get("/live", params={"page": page}, headers={"Accept": "text/event-stream"})
            assert answer.status_code == status
        for page in ("/nothing", "/shelves/nobody"):
            opened = Open(client, page)
            assert [each.kind for each in opened.rest()] == ["gone"]
        assert client.head("/live", params={"page": "/desk"}).status_code == 200


def test_followers_are_bounded_and_pages_are_followers(serving: Serving) -> None:
    notes = serving(program=PROGRAM, max_follows=2)
    with browser(notes) as client:
        held = [Open(client, "/desk") for _ in range(2)]
        for each in held:
            each.until_live()
        answer = client.get("/live", params={"page": "/desk"}, headers={"Accept": "text/event-stream"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        held[0].close()

        def free() -> bool:
            with client.stream("GET", "/live", params={"page": "/desk"}) as answer:
                return answer.status_code == 200

        assert eventually(free)
        held[1].close()


def test_a_quiet_stream_is_kept_alive(serving: Serving) -> None:
    notes = serving(program=PROGRAM, heartbeat_seconds=0.2)
    with browser(notes) as client, client.stream("GET", "/live?page=/desk") as answer:
        text = ""
        for piece in answer.iter_text():
            text += piece
            if text.count("\n:\n") > 2:
                break
    assert re.search(r"event: live\ndata: \{\}\nid: [\w:,-]+\n\n:\n\n", text)


def test_the_log_is_a_page_like_any_other(notes: Server) -> None:
    with sign_in(notes, "ana") as ana, sign_in(notes, "ben") as ben:
        opened = Open(ben, "/log")
        opened.until_live()
        mine = ben.post("/notes", json={"text": "of ben"}).headers["Location"]
        assert f"added {mine} by ben" in opened.next().data
        ana.post("/notes", json={"text": "of ana"})
        shelf = shelve(ana, "of all")
        told = opened.next().data
        assert f"added {shelf} by None" in told
        assert told.count("/notes/") == 1
        assert ben.get("/log?shelves").text.count("<li>added /shelves/") == 1
        opened.close()


def test_a_page_of_the_only_program_that_there_is_needs_no_word_of_html(serving: Serving) -> None:
    server = serving()
    with browser(server) as client:
        assert client.get("/").status_code == 200
        opened = Open(client, "/genres")
        opened.until_live()
        client.post("/genres", data={"name": "Fado"})
        assert "Fado" in opened.next().data
        opened.close()

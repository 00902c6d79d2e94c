"""Many requests on one connection: at once, in pieces, in any order; and quiet connections, and ends."""

import itertools
import json
import random
import signal
import socket
import time
from pathlib import Path

from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import new_song
from tests.acceptance.server import Server, eventually
from tests.acceptance.talking import Talk, get, request, send_json

IMPATIENT = Path(__file__).with_name("impatient.py")
NDJSON = {"Accept": "application/x-ndjson"}
MEBIBYTE = 1024 * 1024


def known(server: Server, target: str) -> bytes:
    """A request that the server knows by its bytes."""
    message = get(target)
    with Talk(server) as talk:
        for _ in range(3):
            assert talk.ask(message).status == 200
    return message


def test_answers_come_in_the_order_of_the_requests(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id = new_song(client, title="one", genre="jazz")["id"]
    again = known(server, f"/songs/{id}")
    kinds = [
        (again, 200, b'"one"'),
        (get("/songs?genre=jazz"), 200, b'"items"'),
        (get("/songs", **NDJSON), 200, b'"one"'),
        (get("/songs/none"), 404, b"not_found"),
        (get("/songs?x=1"), 400, b"invalid_query"),
        (send_json("POST", "/songs", {"title": "two"}), 201, b'"two"'),
        (send_json("PUT", "/songs/three", {"title": "three"}), None, b'"three"'),
        (request("POST", "/songs", {"Content-Type": "application/json"}, b"{"), 400, b"malformed"),
        (get("/health/live"), 200, b"live"),
        (request("OPTIONS", "/songs"), 204, b""),
    ]
    orders = [list(pair) for pair in itertools.product(kinds, repeat=2)]
    chance = random.Random(4)
    orders += [chance.choices(kinds, k=chance.randint(3, 40)) for _ in range(60)]
    for order in orders:
        with Talk(server) as talk:
            talk.socket.sendall(b"".join(message for message, *_ in order))
            for _, status, body in order:
                answer = talk.answer()
                assert answer.status in ((200, 201) if status is None else (status,))
                assert body in answer.body


def test_a_known_request_in_two_pieces(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id = new_song(client)["id"]
    message = known(server, f"/songs/{id}")
    with Talk(server) as talk:
        expected = talk.ask(message)
        for place in range(1, len(message)):
            talk.socket.sendall(message[:place])
            time.sleep(0.002)
            talk.socket.sendall(message[place:])
            assert talk.answer().lasting == expected.lasting, place
            if place % 10 == 0:
                assert talk.ask(message).lasting == expected.lasting


def test_known_requests_glued_together_and_with_what_does_not_belong_to_them(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id = new_song(client)["id"]
    message = known(server, f"/songs/{id}")
    with Talk(server) as talk:
        expected = talk.ask(message)
        for _ in range(3):
            for count in (2, 3, 50):
                talk.socket.sendall(message * count)
                for _ in range(count):
                    assert talk.answer().lasting == expected.lasting
            assert talk.ask(b"\r\n" + message).lasting == expected.lasting
            assert talk.ask(message + b"\r\n").lasting == expected.lasting
            half = message[: len(message) // 2]
            talk.socket.sendall(message + half)
            assert talk.answer().lasting == expected.lasting
            talk.socket.sendall(message[len(half) :])
            assert talk.answer().lasting == expected.lasting
    for _ in range(3):
        with Talk(server) as talk:
            talk.socket.sendall(message + b"\x00\x01 no request\r\n\r\n")
            assert talk.answer().lasting == expected.lasting
            assert talk.answer().status == 400
            assert talk.over()


def test_the_bytes_of_a_known_request_in_a_body_are_a_body(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id = new_song(client)["id"]
    message = known(server, f"/songs/{id}")
    with Talk(server) as talk:
        head = request("POST", "/songs", {"Content-Type": "application/json"}, b"x" * len(message))
        for _ in range(3):
            talk.socket.sendall(head[: -len(message)])
            time.sleep(0.01)
            talk.socket.sendall(message)
            assert talk.answer().status == 400
            assert talk.ask(message).status == 200


def test_a_known_request_waits_for_the_write_before_it(serving: Serving) -> None:
    server = serving(program=IMPATIENT)
    with Talk(server) as talk:
        assert talk.ask(send_json("PUT", "/tasks/t", {"title": "x"})).status == 201
        message = known(server, "/tasks/t")
        for _ in range(3):
            talk.socket.sendall(send_json("POST", "/tasks/t/linger", {"seconds": 0.2}))
            time.sleep(0.05)
            talk.socket.sendall(message)
            time.sleep(0.05)
            talk.socket.sendall(send_json("PATCH", "/tasks/t", {"title": "y"}))
            talk.socket.sendall(message)
            found = [talk.answer() for _ in range(4)]
            assert [each.status for each in found] == [200] * 4
            assert json.loads(found[3].body)["title"] == "y"
            assert "etag" in dict(found[1].headers)
            assert talk.ask(message).lasting == found[3].lasting


def test_who_says_close_is_answered_and_left(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        id = new_song(client)["id"]
    for _ in range(3):
        for message in (
            get(f"/songs/{id}", Connection="close"),
            get("/songs/none", Connection="close"),
            send_json("POST", "/songs", {"title": "x"}, Connection="close"),
            f"GET /songs/{id} HTTP/1.0\r\n\r\n".encode(),
            b"GET /songs HTTP/1.0\r\nHost: x\r\n\r\n",
        ):
            with Talk(server) as talk:
                answer = talk.ask(message + get("/songs"))  # what comes behind is not answered
                assert answer.status in (200, 201, 404)
                assert answer["connection"] == "close"
                assert talk.over()


def test_who_does_not_read_takes_no_memory(serving: Serving) -> None:
    server = serving(answer_bytes=256 * MEBIBYTE)
    with server.client() as client:
        for _ in range(2):
            made = client.post("/songs", json=[{"title": "x" * 450, "label": "y" * 200} for _ in range(500)])
            assert made.status_code == 201
    message = known(server, "/songs?limit=1000")
    with Talk(server) as talk:
        size = len(talk.ask(message).body)
    assert size > 500_000
    before = server.memory()
    for count in (1, 100):
        talks = [Talk(server, timeout=0.2) for _ in range(10)]
        try:
            for talk in talks:
                talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                for _ in range(2000 // count):
                    try:
                        talk.socket.sendall(message * count)
                    except TimeoutError:
                        break
            time.sleep(0.5)
            assert server.memory() - before < 128 * MEBIBYTE  # of 17,000 that were asked for
            with Talk(server) as other:
                assert other.ask(message).status == 200
        finally:
            for talk in talks:
                talk.socket.close()


def test_what_is_known_does_not_hold_what_is_no_longer_kept(serving: Serving) -> None:
    server = serving(answer_bytes=16 * MEBIBYTE)
    with server.client() as client:
        made = client.post("/songs", json=[{"title": "x" * 450, "label": "y" * 200} for _ in range(900)])
        assert made.status_code == 201
    with Talk(server) as talk:
        known(server, "/songs?limit=900")
        before = server.memory()
        for each in range(200):
            assert talk.ask(get(f"/songs?limit=900&year[ne]={each}")).status == 200
    assert server.memory() - before < 60 * MEBIBYTE  # all of them would be 150


def test_quiet_connections_are_closed_and_others_are_not(serving: Serving) -> None:
    server = serving(program=IMPATIENT)
    with Talk(server) as busy, Talk(server) as quiet, Talk(server) as fresh:
        assert quiet.ask(send_json("PUT", "/tasks/t", {"title": "x"})).status == 201
        message = known(server, "/tasks/t")
        assert fresh.ask(message).status == 200
        assert quiet.ask(message).status == 200
        began = time.monotonic()
        for _ in range(30):
            assert busy.ask(message).status == 200
            time.sleep(0.1)
        assert quiet.over()
        assert fresh.over()
        busy.socket.sendall(send_json("POST", "/tasks/t/linger", {"seconds": 2.5}))
        assert busy.answer().status == 200
        assert busy.ask(message).status == 200
        began = time.monotonic()
        assert busy.over()
        assert 0.7 < time.monotonic() - began < 5


def test_quiet_connections_are_closed_though_there_are_too_many(serving: Serving) -> None:
    server = serving(program=IMPATIENT, max_connections=4)
    talks = [Talk(server) for _ in range(4)]
    for each in talks:
        assert each.ask(get("/health/live")).status == 200
    with Talk(server):  # one too many, which says nothing for as long as it may
        began = time.monotonic()
        for each in talks:
            assert each.over()
            each.socket.close()
        assert time.monotonic() - began < 5
    with Talk(server) as talk:
        assert talk.ask(get("/health/live")).status == 200


def test_slow_headers_behind_a_known_request_end_the_connection(serving: Serving) -> None:
    server = serving(header_seconds=1)
    with server.client() as client:
        id = new_song(client)["id"]
    message = known(server, f"/songs/{id}")
    with Talk(server) as talk:
        for _ in range(3):
            assert talk.ask(message).status == 200
            time.sleep(0.4)
        began = time.monotonic()
        talk.socket.sendall(message[:20])
        for each in message[20:-4]:
            try:
                talk.socket.sendall(bytes([each]))
            except OSError:
                break
            time.sleep(0.2)
            if time.monotonic() - began > 8:
                break
        assert talk.over()
        assert time.monotonic() - began < 6


def test_a_stop_lets_plain_writes_finish(serving: Serving) -> None:
    server = serving(program=IMPATIENT)
    with Talk(server) as talk:
        assert talk.ask(send_json("PUT", "/tasks/t", {"title": "x"})).status == 201
    talks = [Talk(server) for _ in range(10)]
    for place, each in enumerate(talks):
        each.socket.sendall(send_json("POST", "/tasks/t/linger", {"seconds": 0.1}))
        each.socket.sendall(send_json("PUT", f"/tasks/behind-{place}", {"title": "x"}))
    time.sleep(0.3)
    server.signal(signal.SIGTERM)
    for each in talks:
        assert each.answer().status == 200
        behind = each.answer()
        assert (behind.status, behind["connection"]) == (201, "close")
        assert each.over()
        each.socket.close()
    assert server.wait() == 0


def test_who_leaves_before_the_answer_leaves_nothing_behind(serving: Serving) -> None:
    server = serving(program=IMPATIENT)
    with Talk(server) as talk:
        assert talk.ask(send_json("PUT", "/tasks/t", {"title": "x"})).status == 201
        sockets = server.sockets()
        for place in range(50):
            with Talk(server) as leaving:
                leaving.socket.sendall(send_json("PUT", f"/tasks/left-{place}", {"title": "x"}))
                if place % 2:
                    leaving.socket.sendall(get("/tasks/t") + send_json("POST", "/tasks", {"title": "y"})[:-3])
        for place in range(50):
            assert eventually(lambda: talk.ask(get(f"/tasks/left-{place}")).status == 200, 10)  # noqa: B023
        assert eventually(lambda: server.sockets() <= sockets, 10)

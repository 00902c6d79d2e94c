"""`antiphon serve`: from a file to a server, and to an orderly end."""

import json
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.acceptance.commands import Running, antiphon
from tests.acceptance.server import eventually

TASKS = """
from antiphon import Application, Resource, field

class Task(Resource):
    title: str = field(max_length=200)
    done: bool = False

app = Application(Task, name="tasks")
"""

HEAD = b"POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the program `tasks.py`."""
    (tmp_path / "tasks.py").write_text(TASKS)
    return tmp_path


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Iterator[tuple[Running, httpx.Client]]:
    """`antiphon serve` in `folder`, on a free port unless the arguments say otherwise, and a client."""
    with Running("serve", *arguments, folder=folder, **{"ANTIPHON_PORT": "0", **variables}) as running:
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)", running.line())
        assert found
        with httpx.Client(base_url=found[1], trust_env=False) as client:
            yield running, client


@pytest.mark.parametrize("program", ["tasks.py", "tasks.py:app", "./tasks.py", "tasks", "tasks:app"])
def test_a_file_or_a_module_is_served(folder: Path, program: str) -> None:
    with serving(folder, program) as (running, client):
        assert client.post("/tasks", json={"title": "Tune"}).status_code == 201
        assert (folder / "data" / "tasks.db").exists()
        running.says("tasks: /tasks")
        assert running.end() == 0, running.said
        assert running.rest() == []


def test_settings_come_from_flags_then_the_environment_then_the_program(folder: Path) -> None:
    program = TASKS.replace(
        'name="tasks")', 'name="tasks", settings=Settings(page_size=3, max_page_size=4, max_url_bytes=900))'
    ).replace("import Application,", "import Application, Settings,")
    (folder / "tasks.py").write_text(program)
    variables = {"ANTIPHON_DATA": "elsewhere", "ANTIPHON_PAGE_SIZE": "2"}
    with serving(folder, "tasks.py", "--page-size", "1", **variables) as (running, client):
        client.post("/tasks", json=[{"title": "a"}, {"title": "b"}])
        assert len(client.get("/tasks").json()["items"]) == 1
        assert client.get("/tasks?limit=4").status_code == 200
        assert client.get("/tasks?limit=5").status_code == 400
        assert client.get("/tasks?title=" + "x" * 900).status_code == 414
        assert (folder / "elsewhere" / "tasks.db").exists()
        assert running.end() == 0, running.said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_at_the_end_writes_in_flight_finish_and_followers_are_told_to_return(
    folder: Path, how: signal.Signals
) -> None:
    with serving(folder, "tasks.py") as (running, client):
        port = client.base_url.port
        assert port is not None
        body = json.dumps({"title": "in flight"}).encode()
        head = HEAD % len(body)
        with (
            socket.create_connection(("127.0.0.1", port)) as writer,
            socket.create_connection(("127.0.0.1", port)) as follower,
        ):
            follower.sendall(b"GET /tasks HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
            told = b""
            while b"event: live" not in told:
                told += follower.recv(65536)
            writer.sendall(head + body[:5])
            assert client.get("/health/ready").text == "ready\n"
            running.send(how)
            while piece := follower.recv(65536):
                told += piece
            assert b"retry: 1000\n\n" in told
            assert told.endswith(b"0\r\n\r\n")
            assert eventually(lambda: _refused(port))
            writer.sendall(body[5:])
            answer = b""
            while piece := writer.recv(65536):
                answer += piece
            assert answer.startswith(b"HTTP/1.1 201 ")
            assert b"connection: close" in answer
        assert running.wait() == 0, running.said
    with sqlite3.connect(folder / "data" / "tasks.db") as store:
        assert store.execute("SELECT title FROM tasks").fetchall() == [("in flight",)]
    store.close()


def _refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_write_that_never_ends_is_given_up_after_a_while(folder: Path) -> None:
    with serving(folder, "tasks.py", "--drain-seconds", "1") as (running, client):
        port = client.base_url.port
        assert port is not None
        with socket.create_connection(("127.0.0.1", port)) as writer:
            writer.sendall(HEAD % 9)
            assert client.get("/health/live").status_code == 200
            assert running.end() == 0, running.said
            assert writer.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert "Traceback" not in running.said


def test_a_second_signal_ends_it_at_once(folder: Path) -> None:
    with serving(folder, "tasks.py", "--drain-seconds", "60") as (running, client):
        port = client.base_url.port
        assert port is not None
        with socket.create_connection(("127.0.0.1", port)) as writer:
            writer.sendall(HEAD % 9)
            assert client.get("/health/live").status_code == 200
            running.send(signal.SIGINT)
            assert eventually(lambda: _refused(port))
            running.send(signal.SIGINT)
            assert writer.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert running.wait() == 0, running.said


def test_a_port_or_a_folder_that_is_taken_is_told_in_one_line(folder: Path) -> None:
    with serving(folder, "tasks.py") as (running, client):
        port = str(client.base_url.port)
        said = antiphon("serve", "tasks.py", "--data", "other", "--port", port, folder=folder, code=1)
        assert said == (
            f"antiphon: Cannot listen on 127.0.0.1 port {port}: Address already in use. "
            "Stop what uses it, or choose another with --port (0 picks a free one).\n"
        )
        said = antiphon("serve", "tasks.py", "--port", "0", folder=folder, code=1)
        assert said == (
            f"antiphon: The store data/tasks.db is in use by the server with process id {running.pid}. "
            "Stop that one first, or choose another data folder.\n"
        )
        assert client.get("/tasks").status_code == 200
        assert running.end() == 0, running.said


def test_a_folder_is_free_again_after_a_kill(folder: Path) -> None:
    with serving(folder, "tasks.py") as (running, client):
        assert client.post("/tasks", json={"title": "kept"}).status_code == 201
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(folder, "tasks.py") as (running, client):
        assert [each["title"] for each in client.get("/tasks").json()["items"]] == ["kept"]
        assert running.end() == 0, running.said


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("x: int = 'a'\nraise SystemError('no')", "SystemError: no"),
        ("from antiphon import Nothing", "cannot import name 'Nothing'"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_a_program_that_fails_shows_its_own_traceback(folder: Path, program: str, said: str) -> None:
    (folder / "tasks.py").write_text(program)
    printed = antiphon("serve", "tasks.py", folder=folder, code=2)
    assert said in printed
    assert "tasks.py" in printed
    assert "cli/programs.py" not in printed


def test_a_wrong_declaration_is_told_in_one_line(folder: Path) -> None:
    (folder / "tasks.py").write_text(TASKS.replace("max_length=200", "max_length=-1"))
    said = antiphon("serve", "tasks.py", folder=folder, code=2)
    assert said.startswith("antiphon: Task.title")
    assert said.count("\n") == 1


def test_a_store_that_newer_code_made_is_refused(folder: Path) -> None:
    with serving(folder, "tasks.py") as (running, _):
        assert running.end() == 0, running.said
    with sqlite3.connect(folder / "data" / "tasks.db") as store:
        store.execute("UPDATE antiphon_meta SET value = '99' WHERE key = 'format'")
    store.close()
    said = antiphon("serve", "tasks.py", "--port", "0", folder=folder, code=1)
    assert said.startswith("antiphon: The store ")
    assert "data/tasks.db has format 99" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--port", "many"), {}), ((), {"ANTIPHON_PORT": "many"}), (("--port", "70000"), {})],
)
def test_a_setting_that_cannot_be_is_told_in_one_line(
    folder: Path, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    said = antiphon("serve", "tasks.py", *arguments, folder=folder, code=2, **variables)
    assert said.startswith("antiphon: The setting ANTIPHON_PORT has the value ")
    assert said.count("\n") == 1


SEVERAL = """
from antiphon import Application, Change, Resource, Services, Transaction, react
from msgspec import Struct

class Order(Resource):
    thing: str

class Thing(Resource):
    name: str
    sold: int = 0

class Sold(Struct):
    thing: str

@react(to="shop/orders", key="thing")
def count(change: Change[Sold], tx: Transaction) -> None:
    if change.after is not None and (thing := tx.find(Thing, name=change.after.thing)) is not None:
        tx.update(thing, sold=thing.sold + 1)

shop = Application(Order, name="shop")
stock = Application(Thing, name="stock", reactions=(count,))
both = Services(shop, stock, title="A shop")
"""


def test_several_services_are_served_at_one_address_and_again_after_a_kill(folder: Path) -> None:
    (folder / "shop.py").write_text(SEVERAL)
    for sold in (1, 2):
        with serving(folder, "shop.py") as (running, client):
            running.says("shop: /orders · stock: /things · log at /services/NAME/events")
            if sold == 1:
                assert client.post("/things", json={"name": "drum"}).status_code == 201
            for path in ("/orders", "/services/shop/orders"):
                order = {"thing": "drum" if path == "/orders" else "horn"}
                assert client.post(path, json=order).status_code == 201
            assert eventually(lambda: client.get("/things").json()["items"][0]["sold"] == sold)  # noqa: B023
            with client.stream("GET", "/services/stock/events?from=now", headers=STREAM) as stream:
                if sold == 2:
                    assert running.end() == 0, running.said
                    assert b"retry: 1000" in stream.read()
                else:
                    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    said = antiphon("serve", "shop.py:stock", "--port", "0", folder=folder, code=1)
    assert "The reaction count reacts to shop, which does not run here." in said
    said = antiphon("migrate", "shop.py", folder=folder, code=2)
    assert "Name one of them: shop.py:shop, shop.py:stock." in said
    assert antiphon("migrate", "shop.py:stock", folder=folder) == "The store is up to date.\n"


STREAM = {"Accept": "text/event-stream"}


def test_a_service_that_cannot_start_is_told_and_frees_the_others(folder: Path) -> None:
    (folder / "shop.py").write_text(SEVERAL)
    (folder / "data").mkdir()
    (folder / "data" / "stock.db").write_text("This is no store, and long enough to be seen as such. " * 20)
    said = antiphon("serve", "shop.py", "--port", "0", folder=folder, code=1)
    assert "stock.db" in said
    assert "Traceback" not in said
    (folder / "data" / "stock.db").unlink()
    with serving(folder, "shop.py") as (running, client):
        assert client.get("/health/ready").text == "ready\n"
        assert running.end() == 0, running.said

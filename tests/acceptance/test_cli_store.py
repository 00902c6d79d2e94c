"""`antiphon log`, `backup`, `restore`, `migrate` and `settings`, on stores that servers wrote."""

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.commands import ANTIPHON, PATIENCE, antiphon
from tests.acceptance.conftest import Serving
from tests.acceptance.library import Song, app
from tests.acceptance.server import Server

TASKS = """
from antiphon import Application, Resource, field

class Task(Resource):
    title: str = field()
    {field}

app = Application(Task, name="tasks")
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str], str]]:
    """The folder of a running server, the ids of two of its songs, and the log's incarnation."""
    server = Server(tmp_path_factory.mktemp("written") / "data").start()
    with server.client() as client:
        first = client.post("/songs", json={"title": "So What", "year": 1959}).json()["id"]
        second = client.post("/songs", json={"title": "Blue in Green"}).json()["id"]
        client.post("/artists", json={"name": "Miles Davis"})
        client.patch(f"/songs/{first}", json={"year": 1960, "title": "So\x1b What"})
        client.delete(f"/songs/{second}")
        position = client.get("/songs").headers["Antiphon-Position"]
    with closing(sqlite3.connect(server.folder / "library.db")) as store, store:
        store.execute("UPDATE antiphon_log SET caller = 'miles' WHERE position = 4")
        for place, time in enumerate(
            ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"), 1
        ):
            moment = f"{time}T12:00:00.000000Z"
            store.execute("UPDATE antiphon_log SET time = ? WHERE position = ?", (moment, place))
    yield server.folder, [first, second], position.partition("-")[0]
    server.stop()


def test_the_log_tells_what_happened_when_and_by_whom(written: tuple[Path, list[str], str]) -> None:
    folder, (first, second), life = written
    rest = "live=false tags=[]"
    assert antiphon("log", folder / "library", folder=folder).splitlines() == [
        f'{life}-1 2026-01-01T12:00:00.000000Z added    /songs/{first} title="So What" year=1959 {rest}',
        f'{life}-2 2026-01-02T12:00:00.000000Z added    /songs/{second} title="Blue in Green" {rest}',
        next(line for line in antiphon("log", folder, folder=folder).splitlines() if "/artists/" in line),
        f"{life}-4 2026-01-04T12:00:00.000000Z changed  /songs/{first} by miles "
        'title: "So What" → "So\\u001b What" year: 1959 → 1960',
        f'{life}-5 2026-01-05T12:00:00.000000Z removed  /songs/{second} title="Blue in Green" {rest}',
    ]


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (("--record", "/songs/{first}"), [1, 4]),
        (("--record", "/songs/{second}"), [2, 5]),
        (("--record", "/artists/{second}"), []),
        (("--resource", "/artists"), [3]),
        (("--caller", "miles"), [4]),
        (("--since", "2026-01-03"), [3, 4, 5]),
        (("--since", "2026-01-03T12:00:00Z", "--until", "2026-01-05T13:00:00+02:00"), [3, 4]),
        (("--until", "2026-01-03T12:00:00"), [1, 2]),
        (("--since", "1h"), []),
        (("--until", "1s", "--resource", "/songs", "--limit", "3"), [2, 4, 5]),
        (("--limit", "2"), [4, 5]),
        (("--limit", "0"), [1, 2, 3, 4, 5]),
    ],
)
def test_entries_are_found(
    written: tuple[Path, list[str], str], arguments: tuple[str, ...], numbers: list[int]
) -> None:
    folder, (first, second), life = written
    filled = [each.format(first=first, second=second) for each in arguments]
    lines = antiphon("log", "library.db", *filled, folder=folder).splitlines()
    assert [line.split()[0] for line in lines] == [f"{life}-{number}" for number in numbers]
    if "--limit" not in arguments:
        lines = antiphon("log", "library", "--export", *filled, folder=folder).splitlines()
        assert [json.loads(line)["position"] for line in lines] == [f"{life}-{number}" for number in numbers]


def test_an_export_holds_whole_entries(written: tuple[Path, list[str], str]) -> None:
    folder, (first, _), life = written
    lines = antiphon("log", folder / "library", "--export", folder=folder).splitlines()
    entry = json.loads(lines[3])
    assert list(entry) == [
        "position",
        "time",
        "resource",
        "id",
        "kind",
        "before",
        "after",
        "caller",
        "cause",
        "trace",
    ]
    assert (entry["position"], entry["resource"], entry["id"]) == (f"{life}-4", "/songs", first)
    assert (entry["kind"], entry["caller"], entry["cause"]) == ("changed", "miles", None)
    assert (entry["before"]["year"], entry["after"]["year"]) == (1959, 1960)
    assert (json.loads(lines[0])["before"], json.loads(lines[4])["after"]) == (None, None)


def test_an_export_takes_no_more_memory_for_a_long_log(tmp_path: Path) -> None:
    body = "x" * 20_000
    with app.connect(tmp_path / "data") as connection:
        for _ in range(25):
            connection.write(lambda tx: [tx.create(Song(title="t", tags=[body])) for _ in range(100)])

    def peak(*arguments: str) -> tuple[int, int]:
        """How much was printed, and the most memory that it took, in bytes."""
        with (tmp_path / "printed").open("wb") as printed:
            process = subprocess.Popen(
                (ANTIPHON, "log", "data", *arguments), cwd=tmp_path, env=os.environ, stdout=printed
            )
            _, code, usage = os.wait4(process.pid, 0)
            process.returncode = code
        assert code == 0
        return (tmp_path / "printed").stat().st_size, usage.ru_maxrss * 1024

    _, little = peak("--limit", "1")
    size, much = peak("--export")
    assert size > 50_000_000
    assert much - little < 30_000_000


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere",), 1, "There is no store nowhere.db."),
        (("empty",), 1, "empty is a folder. Name the store in it: none there."),
        (("two",), 1, "two is a folder. Name the store in it: two/a, two/b."),
        (("garbage.db",), 1, "garbage.db"),
        (("none.db",), 1, "none.db is empty"),
        (("damaged.db",), 1, "damaged.db cannot be read"),
        (("other.db",), 1, "is a database, and no store of Antiphon"),
        (("nowhere", "--since", "yesterday"), 2, "'yesterday' is not a time"),
        (("nowhere", "--since", "999999d"), 2, "'999999d' is not a time"),
        (("nowhere", "--record", "7"), 2, "'7' is no record; write /songs/ID"),
        (("redis://here/a",), 1, "is of the unknown kind 'redis'"),
    ],
)
def test_what_cannot_be_looked_at_is_told(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "two").mkdir()
    for name in ("a", "b"):
        (tmp_path / "two" / f"{name}.db").touch()
    (tmp_path / "garbage.db").write_bytes(b"garbage" * 1000)
    (tmp_path / "none.db").touch()
    with app.connect(tmp_path / "whole") as connection:
        connection.write(lambda tx: [tx.create(Song(title="x" * 500)) for _ in range(200)])
    whole = (tmp_path / "whole" / "library.db").read_bytes()
    (tmp_path / "damaged.db").write_bytes(whole[: len(whole) // 2] + b"x" * (len(whole) // 2))
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (x)")
    printed = antiphon("log", *arguments, folder=tmp_path, code=code)
    assert said in printed
    assert "Traceback" not in printed


def test_a_backup_is_made_while_serving_and_restored_as_another_life(
    serving: Serving, tmp_path: Path
) -> None:
    server = serving()
    with server.client() as client:
        client.post("/songs", json={"title": "kept"})
        before = client.get("/songs").headers["Antiphon-Position"]
        printed = antiphon("backup", server.folder, "copy.db", folder=tmp_path)
        assert printed.startswith("copy.db: ")
        client.post("/songs", json={"title": "lost"})
    assert "copy.db exists" in antiphon("backup", server.folder, "copy.db", folder=tmp_path, code=1)
    antiphon("backup", server.folder, "copy.db", "--overwrite", folder=tmp_path)
    assert "in use" in antiphon("restore", "copy.db", server.folder / "library", folder=tmp_path, code=1)
    server.stop()
    assert "has a store already" in antiphon("restore", "copy.db", server.folder, folder=tmp_path, code=1)
    antiphon("restore", "copy.db", server.folder, "--overwrite", folder=tmp_path)
    server.start()
    with server.client() as client:
        page = client.get("/songs")
        assert [each["title"] for each in page.json()["items"]] == ["kept", "lost"]
        assert page.headers["Antiphon-Position"].partition("-")[0] != before.partition("-")[0]
        assert (
            client.get("/songs", headers={"Accept": "text/event-stream", "Last-Event-ID": before}).status_code
            == 410
        )


def migrated(folder: Path, field: str, *arguments: str, code: int = 0) -> str:
    (folder / "tasks.py").write_text(TASKS.format(field=field))
    return antiphon("migrate", "tasks.py", *arguments, folder=folder, code=code)


def titles(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / "data" / "tasks.db")) as store:
        return store.execute("SELECT * FROM tasks").fetchall()


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """A folder with a program, and data of an older form of it."""
    (tmp_path / "tasks.py").write_text(TASKS.format(field="note: str = ''"))
    writing = (
        "from tasks import Task, app\n"
        "with app.connect('data') as c: c.write(lambda tx: tx.create(Task(title='a', note='b')))"
    )
    subprocess.run((sys.executable, "-c", writing), cwd=tmp_path, env=os.environ, check=True)
    return tmp_path


def test_nothing_to_migrate_is_said(tasks: Path) -> None:
    assert migrated(tasks, "note: str = ''", "--data", "data") == "The store is up to date.\n"


def test_a_loss_is_shown_and_taken_only_when_it_is_meant(tasks: Path) -> None:
    before = titles(tasks)
    (tasks / "tasks.py").write_text(TASKS.format(field="done: bool = False"))
    said = antiphon("serve", "tasks.py", "--port", "0", folder=tasks, code=1)
    assert "antiphon migrate" in said
    said = migrated(tasks, "done: bool = False", code=1)
    assert said == "antiphon: Nothing was changed. To take these steps, add --yes.\n"
    assert titles(tasks) == before
    shown = migrated(tasks, "done: bool = False", "--yes")
    assert "- remove tasks.note (1 row); loses 1 value\n" in shown
    assert shown.endswith("The store is up to date.\n")
    assert "b" not in titles(tasks)[0]
    log = antiphon("log", "data", folder=tasks)
    assert "by antiphon migrate" in log


def test_what_no_migration_can_decide_is_told(tasks: Path) -> None:
    (tasks / "tasks.py").write_text(TASKS.format(field="note: str = field(max_length=0)"))
    done = subprocess.run(
        (ANTIPHON, "migrate", "tasks.py", "--yes"),
        cwd=tasks,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "; first: " in done.stdout
    assert done.stderr.startswith("antiphon: The store cannot be migrated like this.")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_a_person_is_asked(tasks: Path, answer: str, code: int) -> None:
    before = titles(tasks)
    (tasks / "tasks.py").write_text(TASKS.format(field="done: bool = False"))
    leader, terminal = pty.openpty()
    process = subprocess.Popen(
        (ANTIPHON, "migrate", "tasks.py"),
        cwd=tasks,
        env=os.environ,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    printed = b""
    while b"[y/N]" not in printed:
        printed += os.read(leader, 4096)
    os.write(leader, answer.encode() + b"\n")
    assert process.wait(PATIENCE) == code
    os.close(leader)
    assert (titles(tasks) == before) == (answer == "n")


def test_the_version_is_that_of_the_distribution(tmp_path: Path) -> None:
    assert antiphon("--version", folder=tmp_path) == f"antiphon {version('antiphon')}\n"


def test_settings_are_listed_with_where_they_come_from(tmp_path: Path) -> None:
    printed = antiphon("settings", "--port", "80", folder=tmp_path, ANTIPHON_DATA="/var/music")
    lines = {line.split()[0]: line.split() for line in printed.splitlines()}
    assert lines["setting"] == ["setting", "value", "from", "variable", "meaning"]
    assert lines["port"][:4] == ["port", "80", "flag", "ANTIPHON_PORT"]
    assert lines["data"][:4] == ["data", "/var/music", "environment", "ANTIPHON_DATA"]
    assert lines["host"][:4] == ["host", "127.0.0.1", "default", "ANTIPHON_HOST"]
    found = json.loads(antiphon("settings", "--json", folder=tmp_path))
    assert found[1] == {
        "name": "port",
        "value": 8000,
        "source": "default",
        "variable": "ANTIPHON_PORT",
        "meaning": "port to listen on; 0 picks a free one",
    }
    said = antiphon("settings", folder=tmp_path, code=2, ANTIPHON_READERS="none")
    assert "ANTIPHON_READERS" in said

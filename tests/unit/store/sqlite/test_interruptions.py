"""Killed at any instant, a migration, a backup and a restore have either happened or not."""

import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.store.sqlite.files import check, create, declared, opened, rows, write

from antiphon.errors import StoreError, Unavailable
from antiphon.operations import Transaction, write_and_wait
from antiphon.resources import Resource, field
from antiphon.store import StoreLock, backup, migrate, plan_migration, restore
from antiphon.store.sqlite import schema

MANY = 3000
ROUNDS = pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.long)])


class Song(Resource, path="/songs"):
    title: str
    text: str = ""


class Wider(Resource, path="/songs"):
    """What a start makes of a song."""

    title: str = field(folded=True, index=True)
    text: str = ""
    genre: str = "unknown"


class Narrower(Resource, path="/songs"):
    """What only a migration makes of a song."""

    title: str


def add(path: Path, first: int, count: int) -> None:
    def command(tx: Transaction) -> None:
        for number in range(first, first + count):
            tx.create(Song(id=f"{number:06}", title=f"Song {number}", text="la " * 50))

    write(path, (Song,), command)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "app.db"
    add(path, 0, MANY)
    return path


PRELUDE = """
import sys
from pathlib import Path
from antiphon.store.sqlite import schema
from antiphon.store import StoreLock, backup, migrate, plan_migration, restore
from tests.unit.store.sqlite.files import declared, opened
from tests.unit.store.sqlite.test_interruptions import Narrower, Song, Wider, add
folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
"""


def begin(code: str, folder: Path) -> subprocess.Popen[str]:
    """A process about to run `code`, as soon as it gets a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code + "\nprint('done', flush=True)", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def killed(rounds: int, code: str, many: Path, folder: Path) -> Iterator[Path]:
    """Folders with a copy of the store, left by processes that were killed later and later in `code`."""
    taken = 0.0
    for stage in range(rounds + 1):
        copy = folder / str(stage)
        copy.mkdir()
        shutil.copy(many, copy / "app.db")
        if (spare := folder / "spare.bak").exists():
            shutil.copy(spare, copy)
        with begin(code, copy) as process:
            started = time.perf_counter()
            go(process)
            if stage == 0:  # the whole, to know how long it takes
                assert process.stdout is not None
                assert process.stdout.readline() == "done\n"
                taken = time.perf_counter() - started
            else:
                time.sleep(taken * (stage - 1) / rounds)  # the first at once: it cannot have ended
                process.send_signal(signal.SIGKILL)
        if stage:
            yield copy


@ROUNDS
@pytest.mark.parametrize("new", [Wider, Narrower])
def test_a_migration_is_killed(many: Path, tmp_path: Path, new: type[Resource], rounds: int) -> None:
    code = {
        Wider: "with opened(folder / 'app.db', Wider): pass",
        Narrower: "steps = plan_migration(folder, 'app', declared(Narrower)); "
        "migrate(folder, 'app', declared(Narrower), steps)",
    }[new]
    left = []
    for folder in killed(rounds, code, many, tmp_path):
        path = folder / "app.db"
        columns = {name for _, name, *_ in rows(path, "PRAGMA table_info(songs)")}
        old = "title_folded" not in columns and "text" in columns
        check(path, Song if old else new)
        assert len(rows(path, "SELECT 1 FROM songs")) == MANY
        left.append(old)
        if old:  # it is as if nobody had tried
            steps = plan_migration(folder, "app", declared(new))
            migrate(folder, "app", declared(new), steps)
            check(path, new)
        shutil.rmtree(folder)
    assert True in left


@ROUNDS
def test_a_backup_is_killed(many: Path, tmp_path: Path, rounds: int) -> None:
    left = []
    for folder in killed(rounds, "backup(folder, 'app', folder / 'copy.bak')", many, tmp_path):
        target = folder / "copy.bak"
        left.append(target.exists())
        if target.exists():
            check(target, Song)
        backup(folder, "app", target, overwrite=target.exists())
        check(target, Song)
        assert sorted(each.name for each in folder.iterdir()) == ["app.db", "copy.bak"]
        shutil.rmtree(folder)
    assert False in left


@ROUNDS
def test_a_restore_is_killed(many: Path, tmp_path: Path, rounds: int) -> None:
    other = tmp_path / "other"
    create(other / "app.db", Song(title="Another"))
    add(other / "app.db", 0, MANY)
    backup(other, "app", tmp_path / "spare.bak")
    code = "restore(folder / 'spare.bak', folder, 'app', overwrite=True)"
    left = []
    for folder in killed(rounds, code, many, tmp_path):
        with opened(folder / "app.db", Song) as store:
            incarnation = store.incarnation
        check(folder / "app.db", Song)
        count = len(rows(folder / "app.db", "SELECT 1 FROM songs"))
        assert count in (MANY, MANY + 1)
        left.append(count == MANY)
        old = rows(many, "SELECT value FROM antiphon_meta WHERE key = 'incarnation'")[0][0]
        assert (incarnation == old) == (count == MANY)
        restore(folder / "spare.bak", folder, "app", overwrite=True)
        assert len(rows(folder / "app.db", "SELECT 1 FROM songs")) == MANY + 1
        assert sorted(each.name for each in folder.iterdir()) == ["app.db", "app.lock", "spare.bak"]
        shutil.rmtree(folder)
    assert True in left


def test_a_backup_is_of_one_instant_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    add(path, 0, 100)
    with begin(
        "import itertools\nfor number in itertools.count(1000, 10): add(folder / 'app.db', number, 10)",
        tmp_path,
    ) as writer:
        go(writer)
        counts: list[int] = []
        until = time.monotonic() + 60
        while len(counts) < 5 or (counts[0] == counts[-1] and time.monotonic() < until):
            target = tmp_path / f"{len(counts)}.bak"
            backup(tmp_path, "app", target)
            check(target, Song)
            counts.append(len(rows(target, "SELECT 1 FROM songs")))
        writer.kill()
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert all(count % 10 == 0 for count in counts), "a transaction is in it as a whole"


@pytest.mark.parametrize(
    "code",
    [
        "with opened(folder / 'app.db', Wider): pass",
        "backup(folder, 'app', folder / 'copy.bak')",
        "restore(folder / 'spare.bak', folder, 'app', overwrite=True)",
        "restore(folder / 'spare.bak', folder / 'new', 'app')",
    ],
)
def test_without_room_nothing_happens(many: Path, tmp_path: Path, code: str) -> None:
    shutil.copy(many, tmp_path / "app.db")
    shutil.copy(many, tmp_path / "spare.bak")
    room = 1_000_000
    result = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, tmp_path],
        input="\n",
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("antiphon.errors.StoreError: ")
    check(tmp_path / "app.db", Song)
    assert not (tmp_path / "copy.bak").exists()
    assert not (tmp_path / "new" / "app.db").exists()
    assert list(tmp_path.rglob("*.partial*")) == []


class TestServers:
    """What a running server is protected from."""

    def test_another_declaration_waits_for_it_to_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(schema, "PATIENCE", 0.2)
        path = tmp_path / "app.db"
        add(path, 0, 1)
        with begin(
            "with StoreLock(folder / 'app.db'): print('held', flush=True); sys.stdin.readline()", tmp_path
        ) as server:
            go(server)
            assert server.stdout is not None
            assert server.stdout.readline() == "held\n"
            with pytest.raises(
                StoreError, match=f"process id {server.pid} runs on .* with other declarations"
            ):
                opened(path, Wider).__enter__()
            steps = plan_migration(tmp_path, "app", declared(Narrower))
            with pytest.raises(StoreError, match=f"in use by the server with process id {server.pid}"):
                migrate(tmp_path, "app", declared(Narrower), steps)
            with opened(path, Song):  # the same declarations are welcome
                pass
            go(server)
        with opened(path, Wider):
            pass

    def test_a_server_that_just_starts_makes_the_change_itself(self, tmp_path: Path) -> None:
        path = tmp_path / "app.db"
        add(path, 0, 1)
        code = (
            "import time\n"
            "with StoreLock(folder / 'app.db'):\n"
            "    print('held', flush=True)\n"
            "    time.sleep(0.5)\n"
            "    with opened(folder / 'app.db', Wider): sys.stdin.readline()"
        )
        with begin(code, tmp_path) as server:
            go(server)
            assert server.stdout is not None
            assert server.stdout.readline() == "held\n"
            with opened(path, Wider):
                assert rows(path, "SELECT genre FROM songs") == [("unknown",)]
            go(server)

    def test_its_own_start_may_change_the_schema(self, tmp_path: Path) -> None:
        path = tmp_path / "app.db"
        add(path, 0, 1)
        with StoreLock(path), opened(path, Wider):
            check(path, Wider)

    def test_who_runs_on_after_the_tables_changed_writes_no_more(self, tmp_path: Path) -> None:
        path = tmp_path / "app.db"
        add(path, 0, 1)
        with opened(path, Song) as store:  # an import by older code, which has no lock
            write_and_wait(lambda tx: tx.create(Song(title="Before")), store)
            with begin("with opened(folder / 'app.db', Wider): pass", tmp_path) as process:
                go(process)
            with pytest.raises(Unavailable, match="Other code has changed the store's tables"):
                write_and_wait(lambda tx: tx.create(Song(title="After")), store)
        check(path, Wider)
        assert len(rows(path, "SELECT 1 FROM songs")) == 2

"""`antiphon follow`: what happens elsewhere, printed or reacted to, through restarts of either side."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.commands import ANTIPHON, PATIENCE, Running, antiphon
from tests.acceptance.conftest import Serving
from tests.acceptance.proxy import Proxy
from tests.acceptance.server import Server, eventually

HOOK = """
import json, os, sys
change = json.load(sys.stdin)
with open("seen", "a") as seen:
    print(os.environ["ANTIPHON_KIND"], os.environ["ANTIPHON_POSITION"], change["record"]["title"], file=seen)
{more}
"""


def create(server: Server, **song: Any) -> dict[str, Any]:
    with server.client() as client:
        made = client.post("/songs", json=song)
        assert made.status_code == 201
        return {**made.json(), "position": made.headers["Antiphon-Position"]}


def hook(folder: Path, more: str = "") -> str:
    """A command that writes what it is told to the file `seen`, and does `more`."""
    (folder / "hook.py").write_text(HOOK.format(more=more))
    return f"{sys.executable} hook.py"


def seen(folder: Path, lines: int) -> list[str]:
    """What the hook wrote, once it is as many lines."""

    def found() -> list[str]:
        return (folder / "seen").read_text().splitlines() if (folder / "seen").exists() else []

    assert eventually(lambda: len(found()) >= lines), found()
    return found()


def remembered(folder: Path) -> str:
    """The position in the file `state`, "" if there is none."""
    return (folder / "state").read_text().removesuffix("\n") if (folder / "state").exists() else ""


def test_what_is_there_and_each_change_is_printed(server: Server, tmp_path: Path) -> None:
    here = create(server, title="So What", label="print", length=545)
    with Running("follow", f"{server.url}/songs?label=print", folder=tmp_path) as running:
        assert running.lines(2) == [
            f'present  /songs/{here["id"]} title="So What" label="print" length=545.0 live=false tags=[]',
            f"live     {here['position']}",
        ]
        evil = create(server, title="a\x1b[2J\u202eb\x9b", label="print")
        shown = 'title="a\\u001b[2J\\u202eb\\u009b" label="print" live=false tags=[]'
        assert running.line() == f"added    /songs/{evil['id']} {shown}"
        with server.client() as client:
            client.delete(f"/songs/{here['id']}")
        assert running.line() == f"removed  /songs/{here['id']}"
        assert running.end(signal.SIGINT) == 0
        assert running.said == ""


def test_json_has_one_event_a_line(server: Server, tmp_path: Path) -> None:
    here = create(server, title="a", label="json")
    url = f"{server.url}/songs?label=json&fields=title"
    with Running("follow", url, "--json", folder=tmp_path) as running:
        assert [json.loads(line) for line in running.lines(2)] == [
            {
                "kind": "present",
                "record": {"id": here["id"], "revision": here["revision"], "title": "a"},
                "position": None,
            },
            {"kind": "live", "record": {"position": here["position"]}, "position": here["position"]},
        ]
        there = create(server, title="b", label="json")
        added = json.loads(running.line())
        assert (added["kind"], added["position"]) == ("added", there["position"])
        assert running.end() == 0, running.said


def test_the_log_is_printed_as_what_changed(server: Server, tmp_path: Path) -> None:
    song = create(server, title="a", year=1959)
    url = f"{server.url}/events?subject=/songs/{song['id']}"
    with server.client() as client:
        client.patch(f"/songs/{song['id']}", json={"title": "b", "year": None})
    with Running("follow", url, "--from", song["position"], folder=tmp_path) as running:
        line = running.line()
        assert f'changed  /songs/{song["id"]} title: "a" → "b" year: 1959 → null' in line
        assert running.end() == 0, running.said


def test_from_now_leaves_out_what_is_there(server: Server, tmp_path: Path) -> None:
    create(server, title="before", label="now")
    with Running(
        "follow",
        f"{server.url}/songs?label=now",
        "--from",
        "now",
        "--json",
        "--state",
        "state",
        folder=tmp_path,
    ) as running:
        assert eventually((tmp_path / "state").exists)  # it remembers where it is once it is live
        create(server, title="after", label="now")
        assert json.loads(running.line())["record"]["title"] == "after"
        assert running.end() == 0, running.said


def test_a_terminal_gets_colours(server: Server, tmp_path: Path) -> None:
    create(server, title="red", label="colour")
    leader, terminal = pty.openpty()
    process = subprocess.Popen(
        (ANTIPHON, "follow", f"{server.url}/songs?label=colour"),
        cwd=tmp_path,
        env=os.environ,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    )
    os.close(terminal)
    printed = b""
    while b"live" not in printed:
        printed += os.read(leader, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    os.close(leader)
    assert b"\x1b[34mpresent \x1b[0m /songs/" in printed


def test_a_reader_that_has_seen_enough_ends_it(server: Server, tmp_path: Path) -> None:
    create(server, title="one", label="pipe")
    command = f"{ANTIPHON} follow '{server.url}/songs?label=pipe' --json 2> said | head -n 1"
    with subprocess.Popen(command, shell=True, cwd=tmp_path, stdout=subprocess.PIPE, env=os.environ) as shell:
        assert shell.stdout is not None
        assert b'"present"' in shell.stdout.readline()
        for number in range(10):  # it notices when it writes
            create(server, title=f"{number}", label="pipe")
        assert shell.wait(PATIENCE) == 0
    assert "Traceback" not in (tmp_path / "said").read_text()


def test_a_server_that_is_killed_under_it(serving: Serving, tmp_path: Path) -> None:
    server = serving()
    titles = []
    with Running("follow", f"{server.url}/songs", "--json", folder=tmp_path) as running:
        assert json.loads(running.line())["kind"] == "live"
        for place in range(3):
            for number in range(20):
                titles.append(f"{place}.{number}")
                create(server, title=titles[-1])
            server.kill() if place % 2 else server.stop()
            server.start()
            titles.append(f"back {place}")
            create(server, title=titles[-1])
        told = [json.loads(line) for line in running.lines(len(titles))]
        assert [each["record"]["title"] for each in told] == titles
        assert {each["kind"] for each in told} == {"added"}
        assert running.end() == 0, running.said
        assert "Trying again in" in running.said
        assert running.rest() == []


def test_a_state_file_carries_the_position_over(server: Server, tmp_path: Path) -> None:
    command = ("follow", f"{server.url}/songs?label=state", "--json", "--state", "state")
    create(server, title="first", label="state")
    titles = []
    for number in range(3):
        create(server, title=f"away {number}", label="state")
        with Running(*command, folder=tmp_path) as running:
            titles += [json.loads(each)["record"].get("title") for each in running.lines(1 if number else 3)]
            last = create(server, title=f"live {number}", label="state")
            titles.append(json.loads(running.line())["record"]["title"])
            assert eventually(lambda position=last["position"]: remembered(tmp_path) == position)  # type: ignore[misc]
            running.end(signal.SIGKILL)
    assert titles == ["first", "away 0", None, "live 0", "away 1", "live 1", "away 2", "live 2"]
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_quiet_follower_remembers_new_positions_too(serving: Serving, tmp_path: Path) -> None:
    server = serving(heartbeat_seconds=0.2)
    url = f"{server.url}/songs?label=quiet"
    with Running("follow", url, "--from", "now", "--state", "state", folder=tmp_path) as running:
        assert eventually(lambda: remembered(tmp_path) != "")
        song = create(server, title="other", label="loud")
        assert eventually(lambda: remembered(tmp_path) == song["position"])
        assert running.end() == 0, running.said


def test_a_command_is_run_for_each_change(server: Server, tmp_path: Path) -> None:
    here = create(server, title="here", label="exec")
    url = f"{server.url}/songs?label=exec"
    command = hook(tmp_path, 'print("by hook")')
    with Running("follow", url, "--exec", command, folder=tmp_path, ANTIPHON_POSITION="not this") as running:
        assert seen(tmp_path, 1) == ["present  here"]
        there = create(server, title="there", label="exec")
        with server.client() as client:
            client.patch(f"/songs/{here['id']}", json={"title": "here too"})
        found = seen(tmp_path, 3)
        assert found[1] == f"added {there['position']} there"
        assert found[2].startswith("changed ")
        assert running.lines(3) == ["by hook"] * 3
        assert running.end() == 0, running.said


def test_a_command_that_fails_gets_the_same_change_again(server: Server, tmp_path: Path) -> None:
    start = create(server, title="start", label="fail")["position"]
    song = create(server, title="bad", label="fail")
    create(server, title="good", label="fail")
    command = hook(tmp_path, 'sys.exit(3 if change["record"]["title"] == "bad" else 0)')
    arguments = (
        "follow",
        f"{server.url}/songs?label=fail",
        "--from",
        start,
        "--state",
        "state",
        "--exec",
        command,
    )
    for _ in range(2):
        said = antiphon(*arguments, folder=tmp_path, code=1)
        assert f"ended with 3 at {song['position']}" in said
    assert seen(tmp_path, 2) == [f"added {song['position']} bad"] * 2
    hook(tmp_path)
    with Running(*arguments, folder=tmp_path) as running:
        assert [line.split()[2] for line in seen(tmp_path, 4)] == ["bad", "bad", "bad", "good"]
        assert running.end() == 0, running.said


def test_a_command_at_work_finishes_before_the_end(server: Server, tmp_path: Path) -> None:
    start = create(server, title="start", label="finish")["position"]
    song = create(server, title="one", label="finish")
    create(server, title="two", label="finish")
    command = hook(tmp_path, "import time; time.sleep(1); print('done', flush=True)")
    url = f"{server.url}/songs?label=finish"
    arguments = ("--from", start, "--state", "state", "--exec", command)
    with Running("follow", url, *arguments, folder=tmp_path) as running:
        seen(tmp_path, 1)
        assert running.end(signal.SIGINT) == 0
        assert running.rest() == ["done"]
    assert remembered(tmp_path) == song["position"]


def test_a_second_signal_ends_the_command_too(server: Server, tmp_path: Path) -> None:
    create(server, title="one", label="stuck")
    command = hook(tmp_path, "import time; time.sleep(60)")
    with Running("follow", f"{server.url}/songs?label=stuck", "--exec", command, folder=tmp_path) as running:
        seen(tmp_path, 1)
        running.send(signal.SIGINT)
        time.sleep(0.3)
        started = time.monotonic()
        assert running.end(signal.SIGINT) == 0
        assert time.monotonic() - started < 10


def test_a_position_that_is_gone_is_told_with_the_remedy(server: Server, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("another1-7\n")
    said = antiphon("follow", f"{server.url}/songs", "--state", "state", folder=tmp_path, code=1)
    assert said.startswith("antiphon: another1-7 belongs to another incarnation of the log")
    assert said.endswith("Remove state, and begin anew.\n")
    said = antiphon("follow", f"{server.url}/songs", "--from", "another1-7", folder=tmp_path, code=1)
    assert "Read again without a position" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("127.0.0.1:8000/songs",), "'127.0.0.1:8000/songs' is not the address of a service"),
        (("{url}/songs", "--exec", "no-such-command now"), "There is no command 'no-such-command now'"),
        (("{url}/songs", "--exec", "echo 'half"), "cannot be read: No closing quotation"),
        (("{url}/songs?gnre=jazz",), "Song has no field 'gnre'. Did you mean 'genre'?"),
        (("{url}/songs", "--from", "yesterday"), "'yesterday' is not a position"),
        (("{url}/songs", "--from", "now", "--state", "no/such/folder"), "no/such/folder cannot be written"),
        (("{url}/songs", "--state", "."), ". cannot be read"),
    ],
)
def test_what_cannot_be_followed_is_told_in_one_line(
    server: Server, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    filled = [each.format(url=server.url) for each in arguments]
    printed = antiphon("follow", *filled, folder=tmp_path, code=1)
    assert said in printed
    assert printed.startswith("antiphon: ")
    assert printed.count("\n") == 1


def test_every_flag_can_be_set_by_its_variable(server: Server, tmp_path: Path) -> None:
    song = create(server, title="by variable", label="variable")
    variables = {"ANTIPHON_FOLLOW_JSON": "1", "ANTIPHON_FOLLOW_STATE": "state"}
    with Running("follow", f"{server.url}/songs?label=variable", folder=tmp_path, **variables) as running:
        assert json.loads(running.line())["record"]["id"] == song["id"]
        assert json.loads(running.line())["kind"] == "live"
        assert running.end() == 0, running.said
    assert remembered(tmp_path) == song["position"]


def test_a_network_that_cuts_is_not_noticed_in_what_is_printed(server: Server, tmp_path: Path) -> None:
    async def work() -> None:
        start = create(server, title="start", label="cut cli")["position"]
        for number in range(40):
            create(server, title=f"{number}", label="cut cli")
        async with Proxy(server.port) as proxy:
            proxy.cut_after = lambda: 900 + 500 * proxy.connections
            url = f"{proxy.url}/songs?label=cut cli"
            with Running("follow", url, "--json", "--from", start, folder=tmp_path) as running:
                lines = await asyncio.to_thread(running.lines, 40)
                assert [json.loads(line)["record"]["title"] for line in lines] == [f"{n}" for n in range(40)]
                assert proxy.connections > 3
                assert await asyncio.to_thread(running.end) == 0

    asyncio.run(work())

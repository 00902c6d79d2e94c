"""The tutorials, done as they say: each of their commands is run, and what they show is what comes."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorial"
PORTS = ("8000", "8001")
BLOCK = re.compile(r"^```(\S+)(?: file=(\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
PORT = re.compile("|".join(PORTS))
SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder; what was started in it, and left its process id there, is stopped at the end."""
    yield tmp_path
    for file in tmp_path.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGKILL)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def masked(text: str) -> str:
    """`text` with what differs from run to run left out."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", text).strip()


@pytest.mark.parametrize(("tutorial", "shows"), [("first-steps", 11), ("a-service-of-your-own", 7)])
def test_each_command_gives_what_the_tutorial_shows(tutorial: str, shows: int, folder: Path) -> None:
    ports = {port: free_port() for port in PORTS}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "ANTIPHON_PORT": ports["8000"], "LANG": "C.UTF-8"}
    shown = None
    compared = 0
    for language, name, body in BLOCK.findall((TUTORIALS / f"{tutorial}.md").read_text()):
        text = PORT.sub(lambda port: ports[port[0]], body)
        if name:
            (folder / name).write_text(text)
        elif language == "sh":
            with (folder / "shown").open(
                "w+b"
            ) as output:  # not a pipe: servers that go on would hold it open
                subprocess.run(
                    ["bash", "-c", text],
                    cwd=folder,
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=SECONDS,
                    check=False,
                )
            shown = (folder / "shown").read_text()
        elif language == "text":
            assert shown is not None
            assert masked(shown) == masked(text)
            shown = None
            compared += 1
    assert compared == shows

"""The two distributions as a user gets them: built, installed alone, and run."""

import os
import re
import signal
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both wheels, built by the locked backend, by the name of their package."""
    folder = tmp_path_factory.mktemp("wheels")
    sources = (str(ROOT), str(ROOT / "music"))
    run(
        *PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), *sources
    )
    return {path.name.split("-")[0]: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def alone(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the antiphon wheel and its dependencies as locked."""
    folder = tmp_path_factory.mktemp("alone")
    versions = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(versions))
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    run(*PIP, "--python", str(python), "install", "--constraint", str(constraints), str(wheels["antiphon"]))
    return python.parent


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def contents(wheel: Path) -> tuple[set[str], Message, str]:
    """The top folders, the metadata and the commands of `wheel`."""
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        return (
            {name.split("/")[0] for name in names} - {info},
            metadata,
            archive.read(f"{info}/entry_points.txt").decode(),
        )


def names_of(requirements: list[str]) -> set[str]:
    """The normalised names (PEP 503) in a list of requirements."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", one)[0]).lower() for one in requirements}


@contextmanager
def serving(antiphon: Path, folder: Path) -> Iterator[str]:
    """The address of `antiphon serve tasks.py`, run in `folder`; it must end well when it is asked to."""
    process = subprocess.Popen(
        (str(antiphon), "serve", "tasks.py", "--port", "0"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"listening on (http://[\d.]+:\d+)$", line.strip())
            assert found, line
            yield found[1]
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_each_wheel_holds_its_own_package_and_command(wheels: dict[str, Path]) -> None:
    for package, command in (("antiphon", "antiphon"), ("antiphon_music", "music")):
        folders, metadata, commands = contents(wheels[package])
        assert folders == {package}
        assert f"{command} = {package}.cli:main" in commands
        assert metadata["License-Expression"] == "Apache-2.0"
        assert metadata["Requires-Python"] == ">=3.11"


def test_what_only_music_needs_it_alone_asks_for(wheels: dict[str, Path]) -> None:
    toolkit = names_of(contents(wheels["antiphon"])[1].get_all("Requires-Dist", []))
    music = names_of(contents(wheels["antiphon_music"])[1].get_all("Requires-Dist", []))
    assert {"antiphon", "av", "mutagen"} <= music
    assert {"msgspec", "apsw", "starlette"} <= toolkit
    assert not toolkit & {"av", "charset-normalizer", "mutagen", "numpy"}


def test_the_toolkit_alone_installs_nothing_of_music_or_of_development(alone: Path) -> None:
    listing = "from importlib.metadata import distributions as d\nfor one in d(): print(one.metadata['Name'])"
    installed = names_of(run(str(alone / "python"), "-c", listing).split())
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ours = names_of(settings["project"]["dependencies"]) | {"antiphon"}
    groups = settings["dependency-groups"].values()
    tools = names_of([one for group in groups for one in group if isinstance(one, str)])
    music = tomllib.loads((ROOT / "music" / "pyproject.toml").read_text())
    theirs = names_of(music["project"]["dependencies"]) - ours
    assert {"av", "mutagen"} <= theirs
    assert ours <= installed
    assert not installed & ({"antiphon-music"} | theirs | tools)


def test_the_toolkit_alone_serves_the_program_in_the_readme(alone: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (program,) = [block for block in blocks if "app = Application(Task)" in block]
    assert len(program.splitlines()) <= 12
    (tmp_path / "tasks.py").write_text(program)
    with serving(alone / "antiphon", tmp_path) as address, httpx.Client(base_url=address) as client:
        made = client.post("/tasks", json={"title": "Tune the strings", "due": "2030-05-01"})
        assert made.status_code == 201
        assert made.headers["Antiphon-Position"]
        task = made.json()
        assert (task["title"], task["done"], task["due"]) == ("Tune the strings", False, "2030-05-01")
        assert client.get(made.headers["Location"]).json() == task
        assert client.get("/tasks", params={"done": "false"}).json() == {"items": [task], "next": None}
        refused = client.post("/tasks", json={"title": 3})
        assert refused.status_code in (400, 422)
        assert refused.headers["Content-Type"] == "application/problem+json"

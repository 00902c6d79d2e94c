"""The how-to pages on stores: what they show is what comes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.acceptance.commands import antiphon

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
TASKS = """
from datetime import date
from antiphon import Application, Resource

class Task(Resource):
    title: str
    {fields}

app = Application(Task, name="tasks")
"""
WRITE = """
from tasks import app, Task
with app.connect("data") as connection:
    for number in range(5):
        note = "n" if number < 2 else None
        due = "2026-12-24" if number < 3 else None
        connection.write(lambda tx: tx.create(Task(title=str(number), note=note, due=due)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a program and its store, as the pages take for granted."""
    (tmp_path / "tasks.py").write_text(
        TASKS.format(fields="note: str | None = None\n    due: str | None = None")
    )
    subprocess.run((sys.executable, "-c", WRITE), cwd=tmp_path, env=os.environ, check=True)
    return tmp_path


def shown(page: str) -> list[tuple[str, str]]:
    """Each command of a page with what it prints, without what a person is asked and answers."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL):
        for command in block.split("$ ")[1:]:
            line, _, printed = command.partition("\n")
            found.append((line, re.sub(r"^Take these steps.*\n", "", printed, flags=re.MULTILINE)))
    return found


def masked(text: str) -> str:
    """`text` without sizes, folders before the data folder, and line breaks."""
    return " ".join(re.sub(r"[\d,]+ bytes", "N bytes", re.sub(r"/\S*/data/", "data/", text)).split())


def test_changing_declarations(folder: Path) -> None:
    (folder / "tasks.py").write_text(TASKS.format(fields="due: date | None = None"))
    refusal = re.search(r"^```\n(antiphon: .*?)^```", (PAGES / "migrate.md").read_text(), re.M | re.S)
    assert refusal is not None
    said = antiphon("serve", "tasks.py", "--port", "0", folder=folder, code=1)
    assert masked(said) == masked(refusal[1])
    ((command, printed),) = shown("migrate.md")
    assert antiphon(*command.split()[1:], "--yes", folder=folder) == printed
    assert antiphon(*command.split()[1:], folder=folder) == "The store is up to date.\n"


def test_renaming_a_field(folder: Path) -> None:
    (folder / "tasks.py").write_text(
        TASKS.format(fields="note: str | None = None\n    due: str | None = None\n    deadline: str = 'x'")
    )
    (code,) = re.findall(r"^```python\n(.*?)^```", (PAGES / "migrate.md").read_text(), re.M | re.S)
    printed = subprocess.run(
        (sys.executable, "-c", f"from tasks import *\n{code}\n    print(connection.count(Task, due='x'))"),
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "5\n"


def test_backing_up_and_restoring(folder: Path) -> None:
    commands = shown("back-up-and-restore.md")
    assert [command.split()[1] for command, _ in commands] == ["backup", "restore"]
    for command, printed in commands:
        assert masked(antiphon(*command.split()[1:], folder=folder)) == masked(printed)
    page = (PAGES / "back-up-and-restore.md").read_text()
    for each in re.findall(r"`(antiphon [^`]+)`", page):
        antiphon(*each.split()[1:], folder=folder)
    assert (folder / "try" / "tasks.db").exists()

"""Programs: how the application is found in a file or a module."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from antiphon.cli.programs import load, load_one
from antiphon.errors import DeclarationError

PROGRAM = """
from antiphon import Application, Resource

class Task(Resource):
    title: str

{name} = Application(Task, name="{name}")
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder; what is imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def program(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(PROGRAM.format(name=name) for name in names))


@pytest.mark.parametrize("text", ["one.py", "one.py:first", "./one.py", "one", "one:first"])
def test_one_application_is_found_by_file_or_module(here: Path, text: str) -> None:
    program(here / "one.py", "first")
    assert load_one(text).name == "first"


def test_app_is_taken_first_and_another_by_its_name(here: Path) -> None:
    program(here / "several.py", "app", "other")
    assert load_one("several.py").name == "app"
    assert load_one("several:other").name == "other"


def test_a_module_of_a_package_is_found(here: Path) -> None:
    program(here / "package" / "tasks.py", "app")
    assert load_one("package.tasks").name == "app"
    assert load_one("package/tasks.py:app").name == "app"


def test_what_lies_beside_a_file_can_be_imported(here: Path) -> None:
    program(here / "there" / "tasks.py", "app")
    (here / "there" / "main.py").write_text("from tasks import app")
    assert load_one("there/main.py").name == "app"


def test_a_file_may_be_named_like_a_module_that_is_in_use(here: Path) -> None:
    program(here / "json.py", "app")
    before = sys.modules["json"]
    assert load_one("json.py").name == "app"
    assert sys.modules["json"] is before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("missing.py", "There is no file missing.py."),
        ("no/missing", "There is no file no/missing."),
        ("missing", "There is no module 'missing'."),
        ("missing.module", "There is no module 'missing.module'."),
        ("json.tool", "json.tool declares no application."),
        ("", "There is no module ''."),
        ("..tasks", r"There is no module '\.\.tasks'."),
        ("one.py:app", "one.py has no Application 'app'. Name one of: first"),
        ("two.py", "two.py declares several applications. Name one of: first, second; as in tasks.py:first."),
        ("text.txt:app", "There is no module 'text.txt'"),
        ("./text.txt", "./text.txt is not a Python file."),
    ],
)
def test_what_is_not_found_is_told(here: Path, text: str, said: str) -> None:
    program(here / "one.py", "first")
    program(here / "two.py", "first", "second")
    (here / "text.txt").write_text("")
    with pytest.raises(DeclarationError, match=said):
        load(text)


def test_a_program_that_fails_shows_its_traceback_from_its_own_first_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "deep.py").write_text("def fail():\n    return 1 / 0\n")
    (here / "broken.py").write_text("import deep\ndeep.fail()\n")
    with pytest.raises(typer.Exit) as caught:
        load("broken.py")
    assert caught.value.exit_code == 2
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == "Traceback (most recent call last):"
    assert "broken.py" in printed[1]
    assert printed[-1] == "ZeroDivisionError: division by zero"
    assert not any("cli/programs.py" in line for line in printed)


def test_a_module_that_imports_what_is_missing_shows_where(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "needs.py").write_text("import not_there")
    with pytest.raises(typer.Exit):
        load("needs")
    printed = capsys.readouterr().err
    assert "needs.py" in printed
    assert "No module named 'not_there'" in printed


def test_a_program_that_ends_itself_may(here: Path) -> None:
    (here / "ends.py").write_text("raise SystemExit(7)")
    with pytest.raises(SystemExit, match="7"):
        load("ends.py")


SERVICES = "\nfrom antiphon import Services\nboth = Services(first, Application(Task, name='second'))\n"


def test_services_come_before_what_they_are_made_of(here: Path) -> None:
    program(here / "shop.py", "first")
    (here / "shop.py").write_text((here / "shop.py").read_text() + SERVICES.replace("Task, ", "Other, "))
    text = (
        (here / "shop.py")
        .read_text()
        .replace("class Task", "class Other(Resource):\n    title: str\n\nclass Task")
    )
    (here / "shop.py").write_text(text)
    assert [each.name for each in load("shop.py").applications] == ["first", "second"]
    assert [each.name for each in load("shop:both").applications] == ["first", "second"]
    for name in ("first", "second"):
        assert load_one(f"shop.py:{name}").name == name
    with pytest.raises(DeclarationError, match="declares several services") as refused:
        load_one("shop.py")
    assert refused.value.hint == "Name one of them: shop.py:first, shop.py:second."

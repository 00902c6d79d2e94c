"""The documentation says what is there: all of it, and nothing that is not."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import antiphon
from antiphon.errors import Problem
from antiphon.observations import Observers
from antiphon.observers import Metrics, exposition
from antiphon.queries import OPERATORS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
PYTHON = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def problems(kind: type[Problem] = Problem) -> set[type[Problem]]:
    found = set()
    for each in kind.__subclasses__():
        if each.__module__ == "antiphon.errors":
            found |= {each} | problems(each)
    return found


def code_of(problem: type[Problem]) -> str:
    return problem.code


PROBLEMS: list[type[Problem]] = sorted(problems(), key=code_of)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_python_example_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place, example in enumerate(PYTHON.findall(page.read_text())):
        name = f"{page.name} example {place}"
        code = compile(example, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        whole = re.search(r"^(from|import) ", example, re.MULTILINE) and "asyncio.run(" not in example
        if whole and not code.co_flags & inspect.CO_COROUTINE:
            exec(code, {"__name__": name})  # others are parts of a program, or need a server


@pytest.mark.parametrize("operator", OPERATORS)
def test_each_operator_is_explained(operator: str) -> None:
    assert f"`[{operator}]`" in (ROOT / "docs/reference/queries.md").read_text()


@pytest.mark.parametrize("problem", PROBLEMS, ids=code_of)
def test_each_error_code_is_explained(problem: type[Problem]) -> None:
    text = (ROOT / "docs/reference/errors.md").read_text()
    assert f"`{problem.code}`" in text
    assert str(problem.status) in text


@pytest.mark.parametrize("name", antiphon.__all__)
def test_each_public_name_is_explained(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/reference/python.md").read_text()


def test_public_names_are_sorted_and_there() -> None:
    assert antiphon.__all__ == sorted(antiphon.__all__)
    assert all(hasattr(antiphon, name) for name in antiphon.__all__)


def test_each_metric_is_explained() -> None:
    text = (ROOT / "docs/reference/metrics-and-logs.md").read_text()
    metrics = Metrics(lambda: 0)
    Observers().add(metrics.observe)
    for name in re.findall(
        r"^# TYPE (\w+) (?!gauge$)|^# TYPE (\w+)", exposition({"shop": metrics}).decode(), re.MULTILINE
    ):
        exposed = next(part for part in name if part)
        if not exposed.endswith("_created"):
            assert f"`{exposed}`" in text


def test_each_part_of_the_source_is_on_the_map() -> None:
    text = (ROOT / "docs/code-map.md").read_text()
    for part in (ROOT / "src/antiphon").iterdir():
        if (part.suffix == ".py" and part.stem != "__init__") or (part / "__init__.py").exists():
            assert f"`{part.name}`" in text

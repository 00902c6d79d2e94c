"""Each distribution asks for what it imports, and for nothing else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = packages_distributions()
LOADED_BY_NAME = {"uvloop"}  # by uvicorn, which does not ask for it itself


def imported(tree: ast.AST) -> Iterator[str]:
    """The top packages that `tree` imports when it runs, at any depth."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from imported(ast.Module(node.orelse, []))
            case ast.Import():
                yield from (alias.name.split(".")[0] for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield module.split(".")[0]
            case _:
                yield from imported(node)


def needed(package: Path) -> set[str]:
    """The distributions that the modules under `package` import from, by normalised name (PEP 503)."""
    names = {name for path in package.rglob("*.py") for name in imported(ast.parse(path.read_text()))}
    others = names - sys.stdlib_module_names - {package.name}
    return {normal(DISTRIBUTIONS.get(name, [name])[0]) for name in others}


def asked_for(project: Path) -> set[str]:
    """The distributions that the pyproject.toml in `project` depends on, by normalised name."""
    dependencies = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
    return {normal(re.split(r"[^\w.-]", dependency)[0]) for dependency in dependencies}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(("project", "package"), [(".", "src/antiphon"), ("music", "src/antiphon_music")])
def test_a_distribution_asks_for_what_it_imports(project: str, package: str) -> None:
    folder = ROOT / project
    assert needed(folder / package) == asked_for(folder) - LOADED_BY_NAME


def test_imports_are_found_wherever_they_run() -> None:
    text = """
import os.path, httpx
from . import sibling
from starlette.routing import Route
if TYPE_CHECKING:
    import numpy
else:
    import apsw
def late():
    from rich.table import Table
"""
    assert set(imported(ast.parse(text))) == {"os", "httpx", "starlette", "apsw", "rich"}

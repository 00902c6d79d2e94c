"""Imports run downward, in no circle, and the catalogue uses what every user of the toolkit has."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Top first: each line may import only from lines below it, never from its own.
# `antiphon` is the package itself, which gathers the public names.
LAYERS = (
    {"cli"},
    {"antiphon"},
    {"application", "testing"},
    {"faces", "descriptions", "gateway"},
    {"store", "bus", "server", "observers"},
    {"operations"},
    {"live", "access"},
    {"queries"},
    {"resources", "log"},
    {"observations", "settings", "client"},
    {"errors"},  # last: everything may raise one
)
HEIGHT = {part: len(LAYERS) - line for line, parts in enumerate(LAYERS) for part in parts}


@dataclass(frozen=True)
class Import:
    """One name that `module` imports from the module `target`; `name` is None for `import target`."""

    module: str
    line: int
    target: str
    name: str | None

    def broken(self, rule: str) -> str:
        what = self.target if self.name is None else f"{self.name} from {self.target}"
        return f"{self.module} line {self.line} imports {what}: {rule}"


def modules(source: Path, package: str) -> dict[str, Path]:
    """Every module of `package` under the folder `source`, by dotted name."""
    names = {}
    for path in sorted((source / package).rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(source: Path, package: str) -> Iterator[Import]:
    """Every import of `package`, wherever it stands: in functions and for type checkers too."""
    known = modules(source, package)
    for module, path in known.items():
        here = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(module, node.lineno, alias.name, None)
            elif isinstance(node, ast.ImportFrom):
                origin = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
                target = ".".join(filter(None, (origin, node.module)))
                for alias in node.names:
                    if f"{target}.{alias.name}" in known:  # `from package import module`
                        yield Import(module, node.lineno, f"{target}.{alias.name}", None)
                    else:
                        yield Import(module, node.lineno, target, alias.name)


def part_of(module: str) -> str:
    return ".".join(module.split(".")[1:2]) or module


def face_of(module: str) -> str:
    """The face that a module is of: a file, or a folder of several."""
    return module.split(".")[2]


def wrong_way(source: Path) -> list[str]:
    """Each import in `antiphon` that doesn't run downward, as a sentence."""
    faults = [
        f"{module} is in no layer: give {part_of(module)!r} a place in LAYERS"
        for module in modules(source, "antiphon")
        if part_of(module) not in HEIGHT
    ]
    for one in imports(source, "antiphon"):
        if one.target.split(".")[0] != "antiphon":
            continue
        part, other = part_of(one.module), part_of(one.target)
        if part not in HEIGHT or other not in HEIGHT:
            continue
        if part == "faces" and other in ("store", "bus"):
            faults.append(one.broken("a face reaches a store or a bus only through operations"))
        elif (
            part == other == "faces"
            and one.module != "antiphon.faces"
            and face_of(one.module) != face_of(one.target)
        ):
            faults.append(one.broken("a face never imports another"))
        elif part != other and HEIGHT[part] <= HEIGHT[other]:
            faults.append(one.broken(f"{part} may import only from layers below its own"))
    return faults


def circle(source: Path, package: str) -> list[str]:
    """The modules of one import circle in `package`, first and last the same; empty if there is none."""
    known = modules(source, package)
    graph: dict[str, set[str]] = {module: set() for module in known}
    for one in imports(source, package):
        if one.target in known:
            graph[one.module].add(one.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def public_names(source: Path) -> set[str]:
    """What `antiphon` lists in `__all__`, and its module of errors."""
    for node in ast.parse((source / "antiphon" / "__init__.py").read_text()).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return {"errors", *ast.literal_eval(value)}
    return set()


def not_public(source: Path, package: str, names: set[str]) -> list[str]:
    """Each import in `package` that takes from `antiphon` what is not one of its public `names`."""
    faults = []
    for one in imports(source, package):
        if one.target.split(".")[0] != "antiphon":
            continue
        if one.name is None and one.target != "antiphon.errors":
            faults.append(one.broken("write `from antiphon import NAME`"))
        elif one.target not in ("antiphon", "antiphon.errors"):
            faults.append(one.broken("only `antiphon` and `antiphon.errors` are public"))
        elif one.target == "antiphon" and one.name not in names:
            faults.append(one.broken("not in antiphon.__all__"))
        elif one.name is not None and one.name.startswith(("_", "*")):
            faults.append(one.broken("name what is used, and only public names"))
    return faults


def test_imports_run_downward() -> None:
    assert wrong_way(ROOT / "src") == []


@pytest.mark.parametrize(("source", "package"), [("src", "antiphon"), ("music/src", "antiphon_music")])
def test_imports_run_in_no_circle(source: str, package: str) -> None:
    assert len(modules(ROOT / source, package)) > 1
    assert circle(ROOT / source, package) == []


def test_music_uses_only_public_names() -> None:
    names = public_names(ROOT / "src")
    assert {"Application", "Resource", "field"} <= names
    assert not_public(ROOT / "music" / "src", "antiphon_music", names) == []


# The rules themselves, on trees made up for the purpose: each must be able to fail.


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_tree_that_keeps_the_rules_passes(tmp_path: Path) -> None:
    source = tree(
        tmp_path,
        {
            "antiphon/__init__.py": "from .application import Application\n__all__ = ['Application']\n",
            "antiphon/application.py": "from antiphon.faces.rest import rest\n",
            "antiphon/faces/__init__.py": "from antiphon.faces import rest, sse\n",
            "antiphon/faces/rest.py": "import json\nfrom antiphon import errors\nfrom .. import operations\n",
            "antiphon/faces/sse.py": "from antiphon.operations.follow import follow\n",
            "antiphon/operations/__init__.py": "",
            "antiphon/operations/follow.py": "from .read import read\n",
            "antiphon/operations/read.py": "from ..errors import NotFound\n",
            "antiphon/store/sqlite.py": "from antiphon.operations import read\n",
            "antiphon/errors.py": "",
        },
    )
    assert wrong_way(source) == []
    assert circle(source, "antiphon") == []


@pytest.mark.parametrize(
    ("module", "text", "rule"),
    [
        ("queries/filter.py", "from antiphon.live import index", "queries may import only from layers below"),
        ("queries/filter.py", "from ..live import index", "queries may import only from layers below"),
        ("errors.py", "import antiphon.cli", "errors may import only from layers below"),
        ("errors.py", "from antiphon import Application", "errors may import only from layers below"),
        (
            "live/index.py",
            "def late():\n    from antiphon import cli",
            "live may import only from layers below",
        ),
        ("settings.py", "from antiphon.log import Change", "settings may import only from layers below"),
        ("client/client.py", "from antiphon.log import Change", "client may import only from layers below"),
        ("log/change.py", "from antiphon.resources import field", "log may import only from layers below"),
        (
            "faces/rest.py",
            "from antiphon.store.sqlite import Store",
            "a store or a bus only through operations",
        ),
        ("faces/rest.py", "from antiphon import bus", "a store or a bus only through operations"),
        ("faces/rest.py", "from antiphon.faces import sse", "a face never imports another"),
        ("faces/rest.py", "from .sse import stream", "a face never imports another"),
        ("helpers.py", "", "is in no layer: give 'helpers' a place"),
    ],
)
def test_an_import_that_runs_upward_or_sideways_is_found(
    tmp_path: Path, module: str, text: str, rule: str
) -> None:
    parts = [
        "cli.py",
        "errors.py",
        "faces/__init__.py",
        "faces/sse.py",
        "live/__init__.py",
        "bus/__init__.py",
    ]
    parts += [
        "store/sqlite.py",
        "resources/__init__.py",
        "log/__init__.py",
        "client/__init__.py",
        "__init__.py",
    ]
    source = tree(tmp_path, {f"antiphon/{name}": "" for name in parts} | {f"antiphon/{module}": text})
    faults = wrong_way(source)
    assert len(faults) == 1
    assert rule in faults[0]
    assert faults[0].startswith(f"antiphon.{module.removesuffix('.py').replace('/', '.')} ")


@pytest.mark.parametrize(
    "text",
    [
        "from antiphon.log.change import Change",
        "from . import change",
        "def late():\n    from .change import Change",
    ],
)
def test_a_circle_is_found(tmp_path: Path, text: str) -> None:
    files = {
        "antiphon/__init__.py": "",
        "antiphon/log/__init__.py": "",
        "antiphon/log/change.py": "from antiphon.log.position import Position",
        "antiphon/log/position.py": text,
    }
    assert set(circle(tree(tmp_path, files), "antiphon")) == {"antiphon.log.change", "antiphon.log.position"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("import antiphon", "write `from antiphon import NAME`"),
        ("import antiphon.store.sqlite as sqlite", "write `from antiphon import NAME`"),
        ("from antiphon.store import Store", "only `antiphon` and `antiphon.errors` are public"),
        ("from antiphon import _secret", "not in antiphon.__all__"),
        ("from antiphon import store", "not in antiphon.__all__"),
        ("from antiphon import *", "not in antiphon.__all__"),
        ("from antiphon.errors import _shape", "only public names"),
        ("from antiphon.errors import *", "only public names"),
    ],
)
def test_a_private_name_is_found(tmp_path: Path, text: str, rule: str) -> None:
    source = tree(
        tmp_path,
        {
            "antiphon/__init__.py": "__all__ = ['Application']\n",
            "music/__init__.py": "",
            "music/good.py": "from antiphon import Application, errors\nfrom antiphon.errors import Gone\n",
            "music/catalog/songs.py": f"import json\n{text}\n",
        },
    )
    faults = not_public(source, "music", public_names(source))
    assert len(faults) == 1
    assert faults[0].startswith("music.catalog.songs line 2 imports ")
    assert rule in faults[0]

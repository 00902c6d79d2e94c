"""Programs: the files and modules that declare an application."""

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from antiphon.application import Application, Served, Services
from antiphon.errors import AntiphonError, DeclarationError

Program = Annotated[
    str,
    typer.Argument(
        metavar="PROGRAM",
        help="the file or module that declares the application: FILE.py, "
        "package.module, or either with :NAME",
        show_default=False,
    ),
]


def load_one(text: str) -> Application:
    """The application as `load` finds it, for what cannot be done to several services at once.

    Raises:
        DeclarationError: as `load` does, or it is several services.
    """
    found = load(text)
    if isinstance(found, Services):
        names = ", ".join(f"{text.partition(':')[0]}:{each.name}" for each in found.applications)
        raise DeclarationError(f"{text} declares several services.", f"Name one of them: {names}.")
    return found


def load(text: str) -> Served:
    """What to serve in the file `tasks.py` or the module `package.tasks`; `:name` picks one of several.

    Services that are together come before the applications they are made of, which can be named too.

    Raises:
        DeclarationError: there is no such file, module or application, or it is declared wrongly.
        typer.Exit: the program itself failed; its traceback is printed.
    """
    place, _, name = text.partition(":")
    try:
        module = _module(place)
    except AntiphonError:
        raise
    except Exception as error:
        _explain(error)
        raise typer.Exit(2) from None
    found: dict[str, Served] = {
        key: value for key, value in vars(module).items() if isinstance(value, Application | Services)
    }
    together = [each for each in found.values() if isinstance(each, Services)]
    if name:
        for each in together:
            found |= {one.name: one for one in each.applications if one.name not in found}
        if name not in found:
            raise DeclarationError(f"{place} has no Application {name!r}.", _listed(found))
        return found[name]
    if "app" in found:
        return found["app"]
    if together:
        found = {key: value for key, value in found.items() if isinstance(value, Services)}
    if len({id(each) for each in found.values()}) != 1:
        raise DeclarationError(
            f"{place} declares {'several applications' if found else 'no application'}.", _listed(found)
        )
    return next(iter(found.values()))


def _module(place: str) -> ModuleType:
    if not (place.endswith(".py") or "/" in place):
        return _named(place)
    path = Path(place).resolve()
    if not path.is_file():
        raise DeclarationError(f"There is no file {place}.", "Name the file that declares the application.")
    sys.path.insert(0, str(path.parent))  # as Python does for a script: what lies beside it can be imported
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_program"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DeclarationError(f"{place} is not a Python file.", "Name one, such as tasks.py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _named(place: str) -> ModuleType:
    missing = DeclarationError(
        f"There is no module {place!r}.",
        "Name a file such as tasks.py, or a module that can be imported here.",
    )
    if not all(part.isidentifier() for part in place.split(".")):
        raise missing
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{place}.".startswith(f"{error.name}."):
            raise missing from None
        raise  # one that the program itself imports


def _listed(found: dict[str, Served]) -> str:
    if not found:
        return "Declare one: app = Application(Task)."
    return f"Name one of: {', '.join(sorted(found))}; as in tasks.py:{min(found)}."


def _explain(error: Exception) -> None:
    """Print the traceback, without the frames that lead to the program."""
    frame = error.__traceback__
    while frame is not None and (
        frame.tb_frame.f_code.co_filename == __file__ or "importlib" in frame.tb_frame.f_code.co_filename
    ):
        frame = frame.tb_next
    typer.echo("".join(traceback.format_exception(type(error), error, frame)), err=True, nl=False)

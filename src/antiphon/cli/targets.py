"""What a command about reactions is pointed at: stores, or programs that have them."""

from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct

from antiphon.application import Application
from antiphon.cli.flags import settings_for
from antiphon.cli.programs import load, load_one
from antiphon.cli.stores import place_of
from antiphon.errors import AntiphonError, StoreError
from antiphon.operations import Progress
from antiphon.store import open_history

Target = Annotated[
    str,
    typer.Argument(
        metavar="STORE",
        help="the store: FOLDER/APPLICATION, its file, its URL, or the program that is served on it",
        show_default=False,
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="the reaction's name", show_default=False)]


class Place(Struct, frozen=True):
    """A store; with the application that it is of, if a program was named."""

    folder: str | Path
    name: str
    application: Application | None = None

    @property
    def title(self) -> str:
        """As people name it."""
        return str(self.folder) if "://" in str(self.folder) else str(Path(self.folder) / self.name)

    def progress(self, reaction: str) -> Progress:
        """What the store knows of a reaction; raises `StoreError` if nothing."""
        with open_history(self.folder, self.name) as history:
            found = {each.name: each for each in history.reactions()}
        if reaction not in found:
            known = ", ".join(found) or "none"
            raise StoreError(f"{self.title} has no reaction {reaction!r}.", f"It has: {known}.")
        return found[reaction]

    def program(self) -> Application:
        """The application; raises `AntiphonError` if a store was named."""
        if self.application is None:
            raise AntiphonError(
                f"{self.title} is a store, and to try a reaction takes its code.",
                "Name the program that is served on it, such as tasks.py.",
            )
        return self.application


def target(text: str, flags: dict[str, Any]) -> Place:
    """The one store that `text` names."""
    if not _is_program(text):
        return Place(*place_of(text))
    return _of(load_one(text), flags)


def targets(texts: list[str], flags: dict[str, Any]) -> list[Place]:
    """All stores that `texts` name: of a folder, each in it."""
    found = []
    for text in texts:
        folder = Path(text)
        if "://" not in text and folder.is_dir():
            inside = sorted(folder.glob("*.db"))
            if not inside:
                raise StoreError(f"There is no store in {text}.", "Name the data folder of a server.")
            found += [Place(folder, each.stem) for each in inside]
        elif _is_program(text):
            found += [_of(each, flags) for each in load(text).applications]
        else:
            found.append(Place(*place_of(text)))
    return found


def _of(application: Application, flags: dict[str, Any]) -> Place:
    settings = settings_for(application.settings, flags)
    return Place(settings.store or settings.data, application.name, application)


def _is_program(text: str) -> bool:
    place = text.partition(":")[0]
    if "://" in text:
        return False
    if place.endswith(".py"):
        return True
    named = all(part.isidentifier() for part in place.split("."))
    return (
        named and not place.endswith(".db") and not Path(place).exists() and not Path(f"{place}.db").exists()
    )

"""What is known of an upload: where it is, and what has come of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from antiphon import Access, Resource, caller, field, nobody

from ..resources import EDITORS

FOLDER = "imports"
"""Where files wait, below the data folder: each in a folder of its import's id."""
SECONDS = 900.0
"""So long a table may take to arrive."""


class Import(Resource, path="/imports"):
    """A table that an editor has sent, and how far its songs are in the catalogue.

    `told` is what is to be known of single rows and of the file, the first few of it.
    """

    name: str = field(max_length=200, description="What the file is called.", example="songs.csv")
    state: Literal["arriving", "waiting", "running", "done", "failed"] = field(default="arriving", index=True)
    size: int = field(default=0, description="How large the file is, in bytes.")
    read: int = field(default=0, description="How much of it has been read, in bytes.")
    added: int = field(default=0, description="How many songs are new by it.")
    unchanged: int = field(default=0, description="How many songs were there already.")
    updated: int = 0
    refused: int = field(default=0, description="How many rows could not be used.")
    told: list[str] = field(default_factory=list)
    person: str = field(default=caller.id)
    at: datetime | None = field(default=None, read_only=True)

    access = Access(read=EDITORS, create=nobody, update=nobody, delete=EDITORS)


def folder_of(data: Path, id: str) -> Path:
    """Where the file of an import is."""
    return data / FOLDER / id

"""Which audio file belongs to which song: a folder of links, one a song."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


class Shelf:
    """The links in `FOLDER/audio`: each has a song's id for its name and leads to the song's file.

    Links rather than a column: the path is nobody's business but this machine's, a person can look at it with
    `ls -l`, and each appears whole or not at all. A link is made before its song is written, so that a crash
    between leaves a link that nobody asks for, never a song whose file isn't known.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._links = folder / "audio"

    def file(self, id: str) -> Path | None:
        """The audio file of a song, or None if none is known. It may be gone by now."""
        try:
            target = (self._links / id).readlink()
        except OSError:
            return None
        return self._links / target

    def put(self, pairs: Iterable[tuple[str, Path]]) -> None:
        """Link songs to their files, durably when it returns. A file within the data folder moves with it."""
        wanted = [(id, self._target(path)) for id, path in pairs]
        changed = [(id, target) for id, target in wanted if not self._leads(id, target)]
        if not changed:
            return
        self._links.mkdir(parents=True, exist_ok=True)
        for id, target in changed:
            fresh = self._links / f".{id}.{os.getpid()}"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(target)
            fresh.replace(self._links / id)
        descriptor = os.open(self._links, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def all(self) -> Iterator[tuple[str, Path]]:
        """Each song's id with its file."""
        if not self._links.is_dir():
            return
        for link in self._links.iterdir():
            if link.is_symlink() and not link.name.startswith("."):
                yield link.name, Path(os.path.normpath(self._links / link.readlink()))

    def _leads(self, id: str, target: Path) -> bool:
        try:
            return (self._links / id).readlink() == target
        except OSError:
            return False

    def _target(self, path: Path) -> Path:
        path = path.absolute()
        inside = self._folder.absolute()
        return Path("..") / path.relative_to(inside) if path.is_relative_to(inside) else path

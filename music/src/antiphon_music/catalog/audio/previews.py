"""Previews: made once, kept in the data folder, the same to everyone who asks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...naming import digest
from .cut import Undecodable, cut
from .encode import encode, sweep, whole_file
from .format import Format
from .shelf import Shelf

_WORKERS = 2
_QUEUE = 64


class NoPreview(Exception):
    """A song has no preview; the message says why, for people."""


class Busy(Exception):
    """More previews wait to be made than may wait."""


class Previews:
    """The previews in `FOLDER/previews`, each named for its song and its audio file's state.

    A preview whose audio file has changed since is made anew, and the old one removed. Two who ask for one
    preview at the same time wait for the same work; work goes on if they go away.
    """

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self._folder = folder / "previews"
        self._shelf = shelf
        self._threads = ThreadPoolExecutor(_WORKERS, "preview")
        self._making: dict[Path, asyncio.Future[Path]] = {}
        sweep(self._folder)

    async def file(self, id: str, form: Format) -> Path:
        """The file of a song's preview, made if it isn't there yet.

        Raises:
            NoPreview: the song has no audio, or its audio file is gone or broken.
            Busy: too many others are being made.
        """
        path = await asyncio.to_thread(self._wanted, id, form)
        making = self._making.get(path)
        if making is None:
            if await asyncio.to_thread(path.exists):
                return path
            making = self._making.get(path)
        if making is None:
            if len(self._making) >= _QUEUE:
                raise Busy
            loop = asyncio.get_running_loop()
            making = loop.run_in_executor(self._threads, self._make, id, form, path)
            self._making[path] = making
            making.add_done_callback(lambda done: self._forget(path, done))
        return await asyncio.shield(making)

    def _forget(self, path: Path, done: asyncio.Future[Path]) -> None:
        del self._making[path]
        if not done.cancelled():
            done.exception()  # seen, though nobody may wait for it any more

    def _wanted(self, id: str, form: Format) -> Path:
        """Where the preview of the song's audio file, as that is now, belongs."""
        source = self._shelf.file(id)
        if source is None:
            raise NoPreview(f"The song {id!r} has no audio file.")
        try:
            state = source.stat()
        except OSError:
            raise NoPreview(f"The audio file of the song {id!r} is no longer there.") from None
        mark = digest(str(source), str(state.st_size), str(state.st_mtime_ns))
        return self._folder / f"{id}.{mark}{form.suffix}"

    def _make(self, id: str, form: Format, path: Path) -> Path:
        source = self._shelf.file(id)
        if source is None:
            raise NoPreview(f"The song {id!r} has no audio file.")
        try:
            with whole_file(path) as target:
                encode(cut(source), target, form)
        except Undecodable as error:
            raise NoPreview(f"The audio file of the song {id!r} cannot be played: {error}.") from None
        for old in self._folder.glob(f"{id}.*{form.suffix}"):
            if old != path:
                old.unlink(missing_ok=True)
        return path

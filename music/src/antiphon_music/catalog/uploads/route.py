"""`POST /imports`: a table of songs arrives, and waits for its turn."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import IO

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from antiphon import Application, Position, Transaction, caller_of, errors

from ..imports.files import READERS, suffix
from .multipart import Broken, Head, Multipart
from .resources import SECONDS, Import, folder_of

EDITOR = "editor"
FIELD = "table"
LARGEST = 64 * 1024 * 1024
"""Bytes of a form; a larger table is a case for `music import`."""
LONGEST_NAME = 120
"""So many bytes of a file's name are kept: file systems take 255."""
MOST = 20
"""So many tables may arrive or wait at once."""
_ODD = re.compile(r"[^\w.\- ]+")


def upload_route(data: Path) -> Route:
    """The route that takes tables, each into a folder of its own below `data`."""

    async def upload(request: Request) -> Response:
        """Import a table of songs: a form (multipart/form-data) with the file as `table`.

        CSV, TSV, JSON, NDJSON or Markdown, as `music import songs` takes it, up to 64 MiB. 201 with the
        import, whose record tells how far it is; a browser's form is sent to its page.
        """
        app: Application = request.app
        who = caller_of(request)
        if EDITOR not in who.roles:
            if who.id is None:
                raise errors.NotSignedIn("Nobody is signed in.", "Sign in as an editor.")
            raise errors.Forbidden("You are no editor.", "Editors import: `music roles NAME editor`.")
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > LARGEST:
            raise _too_large()
        arriving = Arriving(app, request, data)
        try:
            async with asyncio.timeout(SECONDS):
                made, position = await arriving.take()
        except TimeoutError:
            raise errors.Stalled("The table takes too long to arrive.", "Send it again.") from None
        finally:
            await arriving.close()
        place = f"{request.scope.get('root_path', '')}/imports/{made.id}"
        headers = {"Antiphon-Position": str(position), "Location": place}
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(place, 303, headers)
        return Response(msgspec.json.encode(made), 201, headers, "application/json")

    return Route("/imports", upload, methods=["POST"])


class Arriving:
    """One form as it arrives: its file goes to the disk as it comes."""

    def __init__(self, app: Application, request: Request, data: Path) -> None:
        self._app = app
        self._request = request
        self._data = data
        self._made: Import | None = None
        self._file: IO[bytes] | None = None
        self._whole = False

    async def take(self) -> tuple[Import, Position]:
        """Take the form; returns the import, which waits for its turn then.

        Raises:
            Malformed, Invalid, TooLarge: it is none, has no table that can be read, or too much of it.
            Unavailable: too many wait.
        """
        size = within = 0
        try:
            form = Multipart(self._request.headers.get("content-type", ""))
            async for data in self._request.stream():
                size += len(data)
                if size > LARGEST:
                    raise _too_large()
                for each in form.feed(data):
                    if isinstance(each, Head):
                        await self._begin(each)
                    elif self._file is not None:
                        within += len(each)
                        await asyncio.to_thread(self._file.write, each)
            if not form.over:
                raise Broken("The form ends too early.")
        except (Broken, ClientDisconnect) as broken:
            detail = str(broken) or "The form ends too early."
            raise errors.Malformed(detail, "Send multipart/form-data.") from None
        except OSError as error:
            raise errors.Unavailable(
                f"The table cannot be kept: {error.strerror}.", "Check the data folder and its disk."
            ) from None
        if self._made is None or self._file is None:
            raise errors.Invalid(f"The form has no file as `{FIELD}`.", "Choose a file.")
        await asyncio.to_thread(_keep, self._file)
        id = self._made.id
        return await self._app.write(
            lambda tx: tx.update(tx.get(Import, id), state="waiting", size=within), self._request
        )

    async def close(self) -> None:
        """Let go of the file; if it is not waiting for its turn, forget that it came."""
        if self._file is not None:
            self._file.close()
        if self._made is None:
            return
        id = self._made.id
        state = await self._app.find(Import, id=id)
        if state is not None and state.state == "arriving":
            await self._app.write(lambda tx: tx.delete(tx.get(Import, id)), self._request)
            await asyncio.to_thread(shutil.rmtree, folder_of(self._data, id), True)

    async def _begin(self, head: Head) -> None:
        if head.name != FIELD or head.filename is None or self._made is not None:
            if self._file is not None:
                raise errors.Invalid("There is something behind the table.", "Send one file, last.")
            return
        name = safe_name(head.filename)
        if not name:
            raise errors.Invalid("No file was chosen.", "Choose one.")
        if suffix(Path(name)) not in READERS or Path(name).suffix.lower() not in READERS:
            raise errors.Invalid(
                f"{name} has a suffix that isn't known.", f"Known are {', '.join(READERS)}; unpack others."
            )

        def command(tx: Transaction) -> Import:
            if (
                sum(len(tx.select(Import, limit=MOST, state=each)) for each in ("arriving", "waiting"))
                >= MOST
            ):
                raise errors.Unavailable(f"{MOST} tables wait already.", "Wait until some are done.")
            return tx.create(Import(name=name, person=caller_of(self._request).id or "", at=tx.now))

        made, _ = await self._app.write(command, self._request)
        self._made = made
        folder = folder_of(self._data, made.id)
        self._file = await asyncio.to_thread(_open, folder, name)


def safe_name(filename: str) -> str:
    """A file's name, without a folder and without letters that some file system has a meaning for."""
    name = _ODD.sub("_", re.split(r"[/\\]", filename)[-1]).strip(". ")
    stem, dot, ending = name.rpartition(".")
    shorter = stem.encode("utf-8", "replace")[:LONGEST_NAME].decode("utf-8", "ignore")
    return f"{shorter}{dot}{ending[:10]}" if shorter else ""


def _open(folder: Path, name: str) -> IO[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / name).open("wb")


def _keep(file: IO[bytes]) -> None:
    """Have all of it on the disk, before anybody is told that it is there."""
    file.flush()
    os.fsync(file.fileno())
    folder = os.open(Path(file.name).parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _too_large() -> errors.TooLarge:
    return errors.TooLarge(
        f"The form has more than {LARGEST:,} bytes.", "Send parts of it, or use `music import songs`."
    )

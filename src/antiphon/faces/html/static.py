"""Static files: under names that change with their content, so that they are kept for ever."""

import gzip
import re
from collections.abc import Iterable
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from antiphon.errors import DeclarationError, MethodNotAllowed, NotFound, nearest

PREFIX = "/static/"
LARGEST = 16 * 1024 * 1024
"""Bytes that one file, and all together four times of which, may have: they are held in memory."""
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wasm": "application/wasm",
}
"""What is served, by its ending; other files in the folders are not."""
_NEVER = re.compile(rb"q=0(\.0*)?")
POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Of a file that a browser shows by itself: a picture (SVG) does nothing."""


PACKED = (".css", ".js", ".mjs", ".json", ".webmanifest", ".txt", ".svg")
"""Endings of files that are sent packed to those who take that (RFC 9110, 12.5.3): a third is left."""


class File(Struct, frozen=True):
    """A file as it is sent; `packed` by gzip, if that makes it shorter."""

    body: bytes
    media_type: str
    packed: bytes | None


class Static:
    """The files in folders, the toolkit's own last; the first of a name counts.

    Raises:
        DeclarationError: a file is too large, or all are.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, File] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix in MEDIA_TYPES and path.is_file():
                    self._add(path.relative_to(folder).as_posix(), path)
        own = Path(str(files("antiphon.faces.html") / "static"))
        for path in sorted(own.iterdir()):
            if path.suffix in MEDIA_TYPES:
                self._add(f"antiphon/{path.name}", path)
        total = sum(len(each.body) for each in self._files.values())
        if total > 4 * LARGEST:
            raise DeclarationError(
                f"The static files have {total:,} bytes; {4 * LARGEST:,} are the most.",
                "Serve large ones by a route, or from elsewhere.",
            )

    def _add(self, name: str, path: Path) -> None:
        if name in self._addresses:
            return
        if path.stat().st_size > LARGEST:
            raise DeclarationError(
                f"The static file {path} is larger than {LARGEST:,} bytes.", "Serve it by a route."
            )
        body = path.read_bytes()
        stem, dot, ending = name.rpartition(".")
        hashed = f"{stem}-{blake2b(body, digest_size=8).hexdigest()}{dot}{ending}"
        self._addresses[name] = PREFIX + hashed
        packed = gzip.compress(body, mtime=0) if path.suffix in PACKED else body
        file = File(body, MEDIA_TYPES[path.suffix], packed if len(packed) < len(body) else None)
        self._files[PREFIX + hashed] = file

    def address(self, name: str) -> str:
        """The address of a file, by its name in its folder; raises `NotFound`."""
        found = self._addresses.get(name)
        if found is None:
            raise NotFound(f"There is no static file {name!r}.", nearest(name, list(self._addresses)))
        return found

    def __contains__(self, path: str) -> bool:
        return path in self._files

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with the file at a path that is there; raises `MethodNotAllowed`."""
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(
                f"{scope['method'][:20]} does not apply to a file.",
                "Use GET.",
                headers={"Allow": "GET, HEAD"},
            )
        file = self._files[scope["path"]]
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": POLICY,
        }
        body = file.body
        if file.packed is not None:
            headers["Vary"] = "Accept-Encoding"
            if _takes_packed(scope):
                headers["Content-Encoding"] = "gzip"
                body = file.packed
        await Response(body, media_type=file.media_type, headers=headers)(scope, receive, send)


def _takes_packed(scope: Any) -> bool:
    """Whether a client takes gzip."""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            for coding in value.lower().split(b","):
                found, _, quality = coding.partition(b";")
                if found.strip() == b"gzip":
                    return not _NEVER.fullmatch(quality.strip())
    return False

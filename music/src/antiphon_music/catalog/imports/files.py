"""Files with rows: which can be read, in whatever encoding, as they are or packed with gzip."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .csv_table import read_csv
from .json_table import read_json, read_ndjson
from .markdown_table import read_markdown
from .report import Report
from .table import Advance, Reader, Rows, Source, Unusable
from .text import Encoding, UnknownEncoding, detect

READERS: dict[str, Reader] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".json": read_json,
    ".ndjson": read_ndjson,
    ".jsonl": read_ndjson,
    ".md": read_markdown,
}
"""The reader for each file suffix; `.gz` may come behind it."""
PACKED = ".gz"


def suffix(path: Path) -> str:
    """What tells a file's format, in small letters."""
    return Path(bare(path)).suffix.lower()


def bare(path: Path) -> str:
    """A file's name, without what says that it is packed."""
    return path.stem if path.suffix.lower() == PACKED else path.name


def read_rows(path: Path, label: str, encoding: str | None, report: Report, advance: Advance) -> Rows:
    """Read a file's rows one by one; a guessed encoding is told in the report.

    Raises:
        Unusable: it cannot be read, or has none.
    """
    reader = READERS.get(suffix(path))
    if reader is None:
        raise Unusable(f"{path} has a suffix that isn't known; there are {', '.join(READERS)}.")
    try:
        with _plain(path) as plain:
            known = Encoding(encoding, "given") if encoding else detect(plain)
            if known.known == "guessed":
                report.remarks.append(
                    f"{path.name} is read as {known.name}, by its bytes; --encoding names another."
                )
            share = path.stat().st_size / max(plain.stat().st_size, 1)
            yield from reader(Source(plain, label, known), lambda done: advance(int(done * share)))
    except (UnknownEncoding, LookupError) as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror or error}.") from None


@contextmanager
def _plain(path: Path) -> Iterator[Path]:
    """The file itself, or what is packed in it, as long as the block lasts."""
    if path.suffix.lower() != PACKED:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / bare(path)
        try:
            with gzip.open(path) as packed, plain.open("wb") as file:
                shutil.copyfileobj(packed, file)
        except (EOFError, zlib.error) as error:
            raise Unusable(f"{path} is no whole gzip file: {error}. Fetch or pack it anew.") from None
        yield plain

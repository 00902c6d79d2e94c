"""Backups of a SQLite store, made while others use it, and the way back."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from antiphon.errors import StoreError
from antiphon.store.lock import StoreLock, locked
from antiphon.store.sqlite.connection import connect, transaction
from antiphon.store.sqlite.schema import new_incarnation, read_imprint

BESIDE = ("-journal", "-wal", "-shm")
"""What SQLite keeps beside a file, by the ends of the names."""


def back_up(path: Path, target: Path, *, overwrite: bool) -> None:
    """Copy the store in `path` to the file `target`; see `antiphon.store.backup`."""
    if not path.is_file():
        raise StoreError(f"There is no store {path}.", "Name the data folder that the server uses.")
    if target.is_dir() or not target.parent.is_dir():
        raise StoreError(
            f"No file {target} can be written.", "Name a file that is to be made, in a folder that exists."
        )
    if target.exists():
        if target.samefile(path):
            raise StoreError(f"{target} is the store itself.", "Name another file.")
        if not overwrite:
            raise StoreError(f"The file {target} exists.", "Name another, or overwrite it (--overwrite).")
    with (
        _explained(f"The store {path} cannot be backed up to {target}"),
        Partial(target, 0o600) as partial,  # whoever reads it reads everything
    ):
        with closing(connect(path)) as source:
            copy_store(source, partial.path)
        partial.publish()


def restore(source: Path, path: Path, *, overwrite: bool) -> None:
    """Make the backup `source` the store in `path`; see `antiphon.store.restore`."""
    if not source.is_file():
        raise StoreError(f"There is no backup {source}.", "Name a file that `antiphon backup` wrote.")
    with StoreLock(path):
        if path.exists():
            if path.samefile(source):
                raise StoreError(f"{source} is the store itself.", "Name a backup of it.")
            if not overwrite:
                raise StoreError(
                    f"The folder {path.parent} has a store already, {path.name}.",
                    "Restore into another folder, or overwrite it (--overwrite).",
                )
        with (
            _explained(f"The backup {source} cannot be restored to {path}"),
            Partial(path, 0o644) as partial,
        ):
            with closing(apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)) as original:
                copy_store(original, partial.path)
            with closing(apsw.Connection(str(partial.path))) as copy, transaction(copy):
                copy.execute(
                    "UPDATE antiphon_meta SET value = ? WHERE key = 'incarnation'", (new_incarnation(),)
                )
            _install(partial, path)


class Partial:
    """A file in the making beside `target`: nobody sees it under that name before it is whole.

    What an attempt that was killed left behind is used again. Raises `StoreError` while another process
    is at it.
    """

    def __init__(self, target: Path, mode: int) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.partial")
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
        # another process may have published this very file between the two calls
        ours = (
            locked(self._file)
            and self.path.exists()
            and os.path.samestat(os.fstat(self._file), self.path.stat())
        )
        if not ours:
            os.close(self._file)
            raise StoreError(f"Another process is writing {target}.", "Wait for it to end.")
        _remove_beside(self.path)  # a journal left there would be played back into the new file
        os.ftruncate(self._file, 0)

    def publish(self) -> None:
        """Give the file its name, durably; what had it before is gone."""
        os.fsync(self._file)
        self.path.replace(self.target)
        folder = os.open(self.target.parent, os.O_RDONLY | os.O_CLOEXEC)
        os.fsync(folder)
        os.close(folder)

    def __enter__(self) -> "Partial":
        return self

    def __exit__(self, *_: object) -> None:
        self.path.unlink(missing_ok=True)
        _remove_beside(self.path)
        os.close(self._file)


def copy_store(source: apsw.Connection, target: Path) -> None:
    """Copy a store into an empty file, as it is at one instant; raises StoreError if it is no sound one."""
    if read_imprint(source) is None:
        raise StoreError(f"{source.filename} is empty.", "Nothing was written.")
    with closing(apsw.Connection(str(target))) as copy:
        with copy.backup("main", source, "main") as pages:
            pages.step()  # all in one step: several would begin anew whenever another process commits
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
        found = copy.execute("PRAGMA integrity_check(1)").get
        if found != "ok":
            raise StoreError(f"{source.filename} is damaged: {found}.", "Use an older backup.")


def _install(partial: Partial, path: Path) -> None:
    """Put a whole store where `path` is.

    One that is there is overwritten through SQLite, in one of its transactions: a file that is renamed
    over one in use would share that one's write-ahead log.
    """
    if path.exists():
        try:
            with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as old:
                # to leave the write-ahead log takes that nobody else has the file open
                old.execute("PRAGMA journal_mode = DELETE")
                with (
                    closing(apsw.Connection(str(partial.path))) as new,
                    old.backup("main", new, "main") as pages,
                ):
                    pages.step()
            return
        except (apsw.BusyError, apsw.LockedError):
            raise StoreError(f"The store {path} is in use.", "Stop what uses it first.") from None
        except (apsw.NotADBError, apsw.CorruptError):
            pass  # too damaged to be opened: nothing of it can be used, nor can anyone be using it
    _remove_beside(path)
    partial.publish()


def forget(path: Path) -> None:
    """Remove a store and what lies beside it, if it is there; nobody may use it."""
    path.unlink(missing_ok=True)
    _remove_beside(path)


def _remove_beside(path: Path) -> None:
    for end in BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)


@contextmanager
def _explained(failure: str) -> Iterator[None]:
    try:
        yield
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{failure}: {error}.", "Nothing was changed.") from None

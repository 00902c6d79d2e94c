"""Disks that fail, for a process of its own: python -m tests.contracts.disks NAME FOLDER."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contracts.opener import Opener, add, add_many, check_log, do, refusal
from tests.contracts.test_sqlite import LARGE, sound

from antiphon.errors import StoreError, StoreFull, Unavailable
from antiphon.operations import Store


def fill_disk(folder: Path) -> None:
    """A disk of 4 MB, most of it taken: writes are refused, reads go on, and with room writes do too."""
    mount(folder, "size=4m")
    opener = Opener(f"sqlite:///{folder}/contract.db")
    store = opener()
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(2_500_000))
    kept = write_until(store, StoreFull)
    refusal(store, add_many(5000), StoreFull)
    goes_on(store, kept)
    ballast.unlink()
    assert do(store, add(LARGE)).revision == kept + 1
    assert check_log(store) == kept + 1
    opener.close()
    assert sound(folder)
    again = opener()
    assert check_log(again) == kept + 1
    again.close()


def open_read_only(folder: Path) -> None:
    """A store on a disk that was mounted read-only is refused at start, and as it was afterwards."""
    mount(folder, "size=4m")
    opener = Opener(f"sqlite:///{folder}/contract.db")
    do(opener(), add())
    opener.close()
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    with pytest.raises(StoreError) as refused:
        opener()
    assert str(folder) in refused.value.detail
    assert refused.value.hint
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    store = opener()
    assert do(store, add()).revision == 2
    assert check_log(store) == 2
    opener.close()
    assert sound(folder)


def limit_file(folder: Path) -> None:
    """Files may grow to 1 MB: writes beyond are refused, reads go on, and without the limit writes do too."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    opener = Opener(f"sqlite:///{folder}/contract.db")
    store = opener()
    kept = write_until(store, Unavailable)
    refusal(store, add_many(5000), Unavailable)
    goes_on(store, kept)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert do(store, add(LARGE)).revision == kept + 1
    opener.close()
    assert sound(folder)


def mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def write_until(store: Store, kind: type[Exception]) -> int:
    """Create songs until one is refused by an error of `kind`; the number of those kept."""
    for number in range(10_000):
        try:
            assert do(store, add(LARGE)).revision == number + 1
        except kind:
            assert number > 10
            return number
    raise AssertionError("there was room for 20 MB")


def goes_on(store: Store, kept: int) -> None:
    """Reads answer, with all that was kept."""
    store.ping()
    assert check_log(store) == kept
    with store.hold() as snapshot:
        assert snapshot.position.number == kept


if __name__ == "__main__":
    os.umask(0o077)
    {each.__name__: each for each in (fill_disk, open_read_only, limit_file)}[sys.argv[1]](Path(sys.argv[2]))
    print("done")

"""The C programs of the benchmarks, compiled when they are first needed."""

import functools
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BUILT = Path(tempfile.gettempdir()) / f"antiphon-bench-{sysconfig.get_platform()}"


@functools.cache
def build(source: str, *options: str) -> Path:
    """Compile `source`, a C file of this folder, if it or a header is newer than what was compiled before.

    Raises:
        RuntimeError: there is no C compiler, or it refuses; says what to install.
    """
    path = HERE / source
    target = BUILT / path.stem
    BUILT.mkdir(exist_ok=True)
    newest = max(each.stat().st_mtime for each in (path, *HERE.glob("*.h")))
    if target.exists() and target.stat().st_mtime > newest:
        return target
    if not (compiler := shutil.which("cc") or shutil.which("gcc")):
        raise RuntimeError(f"{source} needs a C compiler: apt-get install gcc libc6-dev libsqlite3-dev")
    command = [compiler, "-O2", "-Wall", "-Wextra", "-Werror", *options, "-o", str(target), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{source} was not compiled (apt-get install libsqlite3-dev?):\n{done.stderr}")
    return target


def load() -> Path:
    """The load generator."""
    return build("load.c")


def followers() -> Path:
    """The followers."""
    return build("followers.c")


def crowd() -> Path:
    """The followers, and others who read and write meanwhile."""
    return build("crowd.c")


def hub() -> Path:
    """The limit of a stream."""
    return build("peers/hub.c")


def group_commit() -> Path:
    """The group-commit loop, an extension for SQLite."""
    return build("peers/group_commit.c", "-shared", "-fPIC")

"""The machine that a run was made on, so that its figures can be judged."""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import apsw
import msgspec

from bench.peers import nginx, processes

PACKAGES = (
    "uvicorn",
    "uvloop",
    "httptools",
    "starlette",
    "msgspec",
    "jinja2",
    "fastapi",
    "pydantic",
    "sqlalchemy",
    "aiosqlite",
    "django",
    "granian",
)


def processor() -> str:
    """The processor's model, if it can be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def memory() -> str:
    """The machine's memory, in GiB."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"


def file_system(folder: Path) -> str:
    """The type of the file system that holds `folder`."""
    best, kind = Path("/"), "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, name, *_ = line.split()
        if folder.resolve().is_relative_to(point) and len(Path(point).parts) >= len(best.parts):
            best, kind = Path(point), name
    return kind


def sync_microseconds(folder: Path, times: int = 400) -> float:
    """What one `fdatasync` after writing 4 KiB costs in `folder`: the floor under each durable commit."""
    path = folder / "sync-try"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        start = time.perf_counter()
        for _ in range(times):
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
        return (time.perf_counter() - start) / times * 1e6
    finally:
        os.close(descriptor)
        path.unlink()


def others() -> Iterator[str]:
    """The versions of the peers that are no Python, as far as they are there."""
    programs = (shutil.which("node"), "--version", "Node "), (nginx.program(), "-v", "")
    for path, option, name in programs:
        if path is None:
            continue
        said = subprocess.run([path, option], capture_output=True, check=False, text=True)
        yield name + (said.stdout + said.stderr).strip().removeprefix("nginx version: ")
    if processes.INSTALLED.exists():
        wanted = msgspec.json.decode((processes.NODE / "package.json").read_bytes())["dependencies"]
        yield from (f"{name} {number}" for name, number in wanted.items())


def describe(folder: Path) -> list[tuple[str, str]]:
    """What there is to know, as names and values; `folder` is where the runs keep their files."""
    return [
        ("processor", f"{processor()}, {os.cpu_count()} cores"),
        ("memory", memory()),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("disk", f"{file_system(folder)}, one 4 KiB write with fdatasync {sync_microseconds(folder):.0f} µs"),
        ("Python", sys.version.split()[0]),
        ("SQLite in apsw", f"{apsw.sqlite_lib_version()} (Antiphon, and the peers in C and on apsw)"),
        ("SQLite in Python", f"{sqlite3.sqlite_version} (aiosqlite, SQLAlchemy and Django)"),
        ("packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        ("other peers", ", ".join(others())),
    ]

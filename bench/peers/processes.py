"""The peers as processes, each on the first core; one that is not installed is `Absent`, with the remedy."""

import shutil
from pathlib import Path

from bench import programs
from bench.comparison import Absent
from bench.releases import EDITOR
from bench.server import Program, Server, processor_seconds
from bench.trial import Trial

VARIABLES = {"NODE_ENV": "production"}
NODE = Path(__file__).with_name("node")
INSTALLED = NODE / "node_modules/.package-lock.json"


def hub(trial: Trial) -> Server:
    """The C loop that writes each change alone."""
    return Program(str(programs.hub()), log=trial.folder / "hub.log")


def glue(trial: Trial, records: Path, file: Path | None = None) -> Server:
    """FastAPI with SQLAlchemy and queues, on a file of its own that holds the records."""
    file = file or trial.fresh("glue") / "glue.db"
    log = trial.folder / "glue.log"
    return Server("bench.peers.fastapi_glue", str(file), str(records), EDITOR, log=log)


def feathers(trial: Trial, records: Path) -> Server:
    """Feathers with the records in memory."""
    return _node(trial, "feathers", str(records), EDITOR)


def ws_hub(trial: Trial) -> Server:
    """A hub on `ws`."""
    return _node(trial, "ws_hub")


def django(trial: Trial, file: Path, server: str) -> Server:
    """Django on the songs of a file, under `server`: granian or uvicorn."""
    return Django("bench.peers.django_pages", str(file), server, log=trial.folder / f"django-{server}.log")


class Django(Server):
    """A Django site; granian has a process for it."""

    def processor_seconds(self) -> float:
        """What granian's process used, which is its child; or the only one."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return super().processor_seconds() + sum(processor_seconds(int(each)) for each in children)

    def kill(self) -> None:
        """Have it end its own process: killed, it could not."""
        self.stop()


def _node(trial: Trial, name: str, *arguments: str) -> Server:
    program = shutil.which("node")
    if program is None:
        raise Absent("Node is not installed: apt-get install nodejs npm, then make bench")
    if not INSTALLED.exists():
        raise Absent("its packages are not installed: make bench does that, or npm ci in bench/peers/node")
    log = trial.folder / f"{name}.log"
    try:
        return Program(program, str(NODE / f"{name}.js"), *arguments, log=log, variables=VARIABLES)
    except RuntimeError as error:  # a Node too old, for one
        raise Absent(str(error)) from None

"""The service beside the peers: the catalogue with a policy, whose callers are known by their tokens.

`python -m bench.releases serve …` is the command `antiphon`; `start` runs it on a data folder.
"""

from pathlib import Path

import msgspec
import uvloop
from msgspec import structs

from antiphon import Application, Tokens
from antiphon.cli import main
from antiphon.operations import Transaction
from antiphon.resources import declare
from bench.catalog import NAME, RELEASES, Release
from bench.server import Server
from bench.songs import GENRES
from bench.trial import Trial, service

ISSUER = "bench"
EDITOR = "the-editors-token"
"""What editors show to the peers; to Antiphon they show a signed one."""
EACH = 50
SECONDS = 6 * 3600
DECLARATIONS = tuple(declare(resource) for resource in RELEASES)
app = Application(*RELEASES, name=NAME, identify=Tokens(issuer=ISSUER))


def start(trial: Trial, folder: Path, *options: str, spread: bool = False) -> Server:
    """Serve the data folder; `spread`: on every core but that of the load."""
    command = ("serve", "bench.releases", "--port=0", f"--data={folder}", "--log-level=warning")
    log = trial.folder / f"{folder.name}.log"
    return Server("bench.releases", *command, "--rate-per-caller=0", *options, log=log, spread=spread)


def editor(folder: Path) -> str:
    """The header of an editor of the data folder."""
    token = Tokens(folder, issuer=ISSUER).issue("editor", roles=("editor",), seconds=SECONDS)
    return f"Authorization: Bearer {token}\r\n"


def peers_editor() -> str:
    """The same for a peer."""
    return f"Authorization: Bearer {EDITOR}\r\n"


def fill(trial: Trial) -> tuple[Path, Path]:
    """A data folder that holds 50 releases of each genre, and a file of the same records, one a line."""
    of_each = list(zip(trial.songs.rows, GENRES * EACH, strict=False))
    folder, file = trial.fresh("releases"), trial.fresh("records") / "records.ndjson"

    def add(tx: Transaction) -> list[Release]:
        return [tx.create(structs.replace(Release(**row), genre=genre)) for row, genre in of_each]

    async def write() -> list[Release]:
        async with service(folder, declarations=DECLARATIONS) as running:
            made, _ = await running.write(add)
            return made

    records = [declare(Release).encode(each) for each in uvloop.run(write())]
    file.write_bytes(b"".join(record + b"\n" for record in records))
    return folder, file


def new(number: int, genre: str = "Jazz", *, published: bool = True) -> bytes:
    """A release that no other is, as it is posted: it is called `change NUMBER`."""
    return msgspec.json.encode(
        {
            "title": f"change {number:07}",
            "artist": "Nobody",
            "genre": genre,
            "length": 180.0,
            "year": 2000,
            "published": published,
        }
    )


def stored(number: int) -> bytes:
    """The same as Antiphon tells it: what a hub that keeps nothing is given to tell."""
    record = msgspec.json.decode(new(number), type=Release)
    record.id, record.revision = f"01930000-0000-7000-8000-{number:012}", 1000 + number
    return declare(Release).encode(record)


if __name__ == "__main__":
    main()

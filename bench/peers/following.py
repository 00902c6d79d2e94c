"""How Antiphon and each peer is followed, and told of a change."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import load, releases
from bench.followers import Followed
from bench.load import Exchange
from bench.peers import processes
from bench.peers.nginx import Nginx
from bench.server import Server
from bench.trial import Trial

UPGRADE = (
    "GET {target} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcyBpdA==\r\n\r\n"
)
CONNECT = b"\x81\x82\0\0\0\0" + b"40"
"""Socket.IO's packet that asks to be connected, in a frame as clients send it: masked."""
STREAM = "Accept: text/event-stream\r\n"


def antiphon(trial: Trial, folder: Path) -> Followed:
    """With a filter, a policy and positions; headers end when the place to follow from is settled."""
    editor = releases.editor(folder)
    return Followed(
        releases.start(trial, folder),
        load.get("/releases?genre=Jazz&from=now", headers=STREAM).request,
        lambda number: load.post("/releases", releases.new(number), editor),
    )


def glue(trial: Trial, records: Path) -> Followed:
    """With a filter and a policy; nobody can follow from a position."""
    return Followed(
        processes.glue(trial, records),
        load.get("/releases/changes?genre=Jazz", headers=STREAM).request,
        lambda number: load.post("/releases", releases.new(number), releases.peers_editor()),
    )


def feathers(trial: Trial, records: Path) -> Followed:
    """With a filter and a policy, without positions, by Socket.IO."""
    return Followed(
        processes.feathers(trial, records),
        UPGRADE.format(target="/socket.io/?EIO=4&transport=websocket&genre=Jazz").encode(),
        lambda number: load.post("/releases", releases.new(number), releases.peers_editor()),
        head='40{"sid"',
        close="}]",
        reply=CONNECT,
    )


def ws_hub(trial: Trial, records: Path) -> Followed:
    """Everything that is posted, by WebSocket."""
    request = UPGRADE.format(target="/").encode()
    return Followed(processes.ws_hub(trial), request, _posted("/"), close="}}")


def hub(trial: Trial, records: Path) -> Followed:
    """Everything that is posted."""
    return Followed(processes.hub(trial), load.get("/", headers=STREAM).request, _posted("/"))


def nchan(trial: Trial, records: Path) -> Followed:
    """Everything that is posted."""
    server = Nginx(trial.fresh("nchan"), hub=True)
    return Followed(server, load.get("/follow", headers=STREAM).request, _posted("/publish"))


def loop(trial: Trial, records: Path) -> Followed:
    """The bytes that are posted, as they are."""

    def change(number: int) -> Exchange:
        said = b"event: added\nid: 0123456789-%d\ndata: %b\n\n" % (number, releases.stored(number))
        return load.post("/", b"%x\r\n%b\r\n" % (len(said), said))

    server = Server("bench.peers.bare_stream", log=trial.folder / "bare.log")
    return Followed(server, load.get("/", headers=STREAM).request, change)


def _posted(target: str) -> Callable[[int], Exchange]:
    return lambda number: load.post(target, releases.stored(number))


@dataclass(frozen=True)
class Peer:
    """A peer by its name, and what starts it, given a file of records; raises `Absent`."""

    name: str
    start: Callable[[Trial, Path], Followed]


HUB = Peer("bare C epoll hub", hub)
LOOP = Peer("bare uvloop loop writing the same bytes", loop)
NCHAN = Peer("nginx with nchan", nchan)
WS = Peer("Node `ws`", ws_hub)
FEATHERS = Peer("Feathers with Socket.IO", feathers)
GLUE = Peer("FastAPI glue", glue)

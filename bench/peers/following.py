"""How Antiphon and each peer is followed, and told of a change."""

import base64
from pathlib import Path

from bench import load, releases
from bench.followers import Followed
from bench.server import Server

UPGRADE = (
    "GET {target} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(b'sixteen bytes it').decode()}\r\n\r\n"
)
CONNECT = b"\x81\x82\0\0\0\0" + b"40"
"""Socket.IO's packet that asks to be connected, in a frame as clients send it: masked."""
STREAM = "Accept: text/event-stream\r\n"


def antiphon(server: Server, folder: Path) -> Followed:
    """A filter, a policy, and positions."""
    editor = releases.editor(folder)  # headers end when the place to follow from is settled
    return Followed(
        server,
        load.get("/releases?genre=Jazz&from=now", headers=STREAM).request,
        lambda number: load.post("/releases", releases.new(number), editor),
    )


def glue(server: Server) -> Followed:
    """The same but for positions that can be followed from."""
    return Followed(
        server,
        load.get("/releases/changes?genre=Jazz", headers=STREAM).request,
        lambda number: load.post("/releases", releases.new(number), releases.peers_editor()),
    )


def feathers(server: Server) -> Followed:
    """The same, without positions, by Socket.IO."""
    upgrade = UPGRADE.format(target="/socket.io/?EIO=4&transport=websocket&genre=Jazz").encode()
    return Followed(
        server,
        upgrade,
        lambda number: load.post("/releases", releases.new(number), releases.peers_editor()),
        head='40{"sid"',
        close="}]",
        reply=CONNECT,
    )


def hub(server: Server) -> Followed:
    """Everything that is posted."""
    request = load.get("/", headers=STREAM).request
    return Followed(server, request, lambda number: load.post("/", releases.stored(number)))


def nchan(server: Server) -> Followed:
    """The same."""
    request = load.get("/follow", headers=STREAM).request
    return Followed(server, request, lambda number: load.post("/publish", releases.stored(number)))


def ws_hub(server: Server) -> Followed:
    """The same, by WebSocket."""
    request = UPGRADE.format(target="/").encode()
    return Followed(server, request, lambda number: load.post("/", releases.stored(number)), close="}}")


def loop(server: Server) -> Followed:
    """The bytes that are posted, as they are."""

    def event(number: int) -> bytes:
        said = b"event: added\nid: 0123456789-%d\ndata: %b\n\n" % (number, releases.stored(number))
        return b"%x\r\n%b\r\n" % (len(said), said)

    request = load.get("/", headers=STREAM).request
    return Followed(server, request, lambda number: load.post("/", event(number)))

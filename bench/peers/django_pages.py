"""Serves the Django site: `python -m bench.peers.django_pages FILE SERVER`.

The server is granian (WSGI) or uvicorn (ASGI); in one process either way, of which one thread runs the site.
It prints `listening on http://H:N` once it answers.
"""

import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

import uvicorn
from granian import Granian
from granian.constants import Interfaces

SITE = "bench.peers.django_site"


def free_port() -> int:
    """A port that nobody listens on; granian does not tell which it was given."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def tell(port: int) -> None:
    """Say that it listens, once it answers."""
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(f"{url}/songs?limit=1", timeout=30).close()
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
        else:
            print(f"listening on {url}", flush=True)
            return


def main() -> None:
    """Serve until killed."""
    file, server = sys.argv[1:]
    os.environ["DJANGO_SITE_FILE"] = file
    port = free_port()
    threading.Thread(target=tell, args=(port,), daemon=True).start()
    if server == "granian":
        Granian(
            f"{SITE}:wsgi", port=port, interface=Interfaces.WSGI, blocking_threads=1, log_enabled=False
        ).serve()
    else:
        uvicorn.run(f"{SITE}:asgi", port=port, loop="uvloop", http="httptools", log_level="warning")


if __name__ == "__main__":
    main()

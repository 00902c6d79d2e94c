"""A provider of sign-in elsewhere."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from antiphon import Issuer, Tokens


class Provider:
    """A provider of sign-in elsewhere: a real HTTP server that shows its keys, or whatever it is told to."""

    def __init__(self, folder: Path, audience: str = "songs") -> None:
        self.tokens = Tokens(folder, issuer="https://accounts.example", audience=audience)
        self.status = 200
        self.body: bytes | None = None
        self.asked = 0
        self.hold = threading.Event()
        self.hold.set()
        provider = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                provider.hold.wait(10)
                body = provider.tokens.keys.jwks() if provider.body is None else provider.body
                self.send_response(provider.status)
                if provider.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._handler = Answer
        self._server: ThreadingHTTPServer | None = None
        self.start(0)

    def start(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def new_key(self) -> None:
        """Sign with another key from now on, without the time that others need to learn of it."""
        self.tokens = Tokens(
            self.tokens.keys.folder / str(self.port) / str(self.asked),
            issuer="https://accounts.example",
            audience=self.tokens.audience,
        )

    def issuer(self) -> Issuer:
        url = f"http://127.0.0.1:{self.port}/keys"
        return Issuer("https://accounts.example", url, self.tokens.audience)

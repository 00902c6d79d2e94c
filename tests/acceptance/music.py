"""Music as real processes: all services in one, or each in its own; the same tests run both ways."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.acceptance.server import PATIENCE, ROOT, Server

from antiphon_music.services import SERVICES, music
from antiphon_music.surroundings import here

COMMAND = (sys.executable, "-c", "from antiphon_music.cli import main; main()")


def owners(folder: Path) -> dict[str, str]:
    """Which service has what, by the first segment of the path."""
    found = {}
    for application in music(here(folder)).applications:
        paths = [path for each in application.served for path in each.paths]
        paths += [getattr(route, "path", "") for route in application.routes]
        found.update({path.split("/")[1]: application.name for path in paths})
    return found


def run_music(*arguments: str, data: Path, code: int = 0) -> str:
    """Run the command to its end; what it printed, or what it complained of if it was to fail."""
    done = subprocess.run(
        (*COMMAND, *arguments, "--data", str(data)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


class MusicServer(Server):
    """A process of `music serve`: of one service if it is named, of all otherwise."""

    def __init__(
        self,
        folder: Path,
        service: str | None = None,
        sources: dict[str, str] | None = None,
        *,
        token: str = "",
        **settings: Any,
    ) -> None:
        super().__init__(folder, log=folder.with_name(f"{folder.name}-{service or 'music'}.log"), **settings)
        self.service = service
        self.sources = sources or {}
        self.token = token

    def _launch(self) -> None:
        assert not self.running
        arguments = [*COMMAND, "serve", *filter(None, (self.service,)), "--no-demo"]
        arguments += [f"--source={name}={url}" for name, url in self.sources.items()]
        arguments += [f"--token={self.token}"] if self.token else []
        variables = {f"MUSIC_{name.upper()}": str(value) for name, value in self.settings.items()}
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env={**os.environ, **variables, "MUSIC_DATA": str(self.folder)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=self.prepare,
            )


class Music:
    """All services on one data folder, `together` in one process or each in one of its own."""

    def __init__(self, folder: Path, *, together: bool, **settings: Any) -> None:
        self.folder = folder
        self.together = together
        self.settings = settings
        self.servers: dict[str, MusicServer] = {}
        self.callers: list[Caller] = []
        self._owners = owners(folder)

    def start(self) -> "Music":
        """Run all; returns when they answer."""
        if self.together:
            self.servers["music"] = MusicServer(self.folder, **self.settings)
            self.servers["music"].start()
            return self
        # identity first: the others follow its log, and those that were started before them
        for name in sorted(SERVICES, key=lambda name: (name != "identity", list(SERVICES).index(name))):
            sources = {other: server.url for other, server in self.servers.items()}
            self.servers[name] = MusicServer(self.folder, name, sources, **self.settings)
            self.servers[name].start()
        return self

    def server_of(self, service: str) -> MusicServer:
        """The process in which a service runs."""
        return self.servers["music" if self.together else service]

    def owner(self, path: str) -> str:
        """The service that has a path."""
        return self._owners[path.split("?")[0].split("/")[1].partition(".")[0]]

    def at(self, path: str) -> str:
        """The URL of a path, wherever the service runs that has it."""
        return self.server_of(self.owner(path)).url + path

    def events(self, service: str) -> str:
        """The URL of a service's log."""
        return self.server_of(service).url + (f"/services/{service}/events" if self.together else "/events")

    def client(self, token: str = "", **options: Any) -> "Caller":
        """Somebody who asks, with a token if it has one."""
        caller = Caller(self, token, **options)
        self.callers.append(caller)
        return caller

    def token(self, *roles: str) -> str:
        """A token as `music token` prints it."""
        named = [argument for role in roles for argument in ("--role", role)]
        return run_music("token", *named, data=self.folder).strip()

    def sign_up(self, name: str, password: str = "correct horse") -> "Caller":
        """Somebody new, who has signed in."""
        someone = self.client()
        made = someone.request("POST", "/users", json={"name": name, "password": password})
        assert made.status_code == 201, made.text
        return self.sign_in(name, password)

    def sign_in(self, name: str, password: str = "correct horse") -> "Caller":
        """Somebody who has signed in."""
        granted = self.client().request("POST", "/tokens", json={"name": name, "password": password})
        assert granted.status_code == 200, granted.text
        return self.client(granted.json()["access_token"])

    def stop(self) -> None:
        """End all, those first that follow others; none may have logged an error."""
        for server in reversed(self.servers.values()):
            if server.running:
                assert server.stop() == 0
        for server in self.servers.values():
            assert server.errors() == []


class Caller:
    """Somebody who asks the services of `music`, wherever they run."""

    def __init__(self, music: Music, token: str = "", **options: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.music = music
        self.token = token
        self.http = httpx.Client(timeout=PATIENCE, trust_env=False, headers=headers, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request to whoever has the path."""
        return self.http.request(method, self.music.at(path), **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """Write JSON."""
        return self.request("POST", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Delete."""
        return self.request("DELETE", path, **options)

    @property
    def id(self) -> str:
        """Who it is."""
        found: str = self.get("/session").json()["user"]
        return found


@contextmanager
def playing(folder: Path, *, together: bool, **settings: Any) -> Iterator[Music]:
    """Music, running."""
    music = Music(folder, together=together, **settings)
    try:
        yield music.start()
        music.stop()
    finally:
        for caller in music.callers:
            caller.http.close()
        for server in music.servers.values():
            if server.running:
                server.end(signal.SIGKILL)

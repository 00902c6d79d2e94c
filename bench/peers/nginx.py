"""nginx with a configuration of its own, on a free port, with one worker; never the system's service.

`make bench` unpacks Debian's packages of nginx and of nchan into `.nginx` beside this file, where nothing of
them runs by itself. One that the system has is used too.
"""

import os
import re
import shutil
import socket
import time
from pathlib import Path

from bench.comparison import Absent
from bench.server import Server

UNPACKED = Path(__file__).with_name(".nginx")
REMEDY = "make bench unpacks Debian's nginx and libnginx-mod-nchan; or apt-get install them"
CONFIGURATION = """\
daemon off;
{user}worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{modules}
events {{
    worker_connections {connections};
    multi_accept on;
}}
http {{
    access_log off;
    default_type application/json;
    sendfile on;
    keepalive_timeout 3600;
    keepalive_requests 1000000000;
    open_file_cache max=1000 inactive=1h;
    open_file_cache_valid 1h;
    client_body_temp_path {folder}/temporary;
    proxy_temp_path {folder}/temporary;
    fastcgi_temp_path {folder}/temporary;
    uwsgi_temp_path {folder}/temporary;
    scgi_temp_path {folder}/temporary;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder}/files;
        {locations}
    }}
}}
"""
HUB = """\
location = /publish { nchan_publisher; nchan_channel_id all; }
        location = /follow {
            nchan_subscriber eventsource;
            nchan_subscriber_first_message newest;
            nchan_channel_id all;
        }"""

NCHANS_FOLDER = Path("/var/lib/nginx/body")
"""nchan makes this folder, whatever it is told (its `nchan_message_temp_path` is always "duplicate")."""
SCRIPT = f'mount -t tmpfs none /var/lib && mkdir {NCHANS_FOLDER.parent} && exec "$@"'
ROOM = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c", SCRIPT, "sh"]
"""Gives it a place for that which nobody else sees: the system's folders stay as they are."""


def program() -> str | None:
    """The path of nginx, None if it is not there."""
    unpacked = UNPACKED / "usr/sbin/nginx"
    return str(unpacked) if unpacked.exists() else shutil.which("nginx", path="/usr/sbin:" + os.defpath)


def _nchan() -> str:
    """The directive that loads nchan; raises `Absent`."""
    root = UNPACKED if (UNPACKED / "usr/sbin/nginx").exists() else Path("/")
    found = root / "usr/lib/nginx/modules/ngx_nchan_module.so"
    if not found.exists():
        raise Absent(f"nchan is not installed: {REMEDY}")
    return f"load_module {found};"


class Nginx(Server):
    """nginx serving `files` (name to content); as a hub with nchan if `hub`: `/publish` and `/follow`.

    Raises:
        Absent: nginx or nchan is not installed, or does not start here.
    """

    def __init__(self, folder: Path, files: dict[str, bytes] | None = None, *, hub: bool = False) -> None:
        path = program()
        if path is None:
            raise Absent(f"nginx is not installed: {REMEDY}")
        modules = _nchan() if hub else ""
        (folder / "files").mkdir()
        (folder / "temporary").mkdir()
        for name, content in (files or {}).items():
            (folder / "files" / name).write_bytes(content)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        most = os.sysconf("SC_OPEN_MAX")
        text = CONFIGURATION.format(
            user="user root;\n" if os.geteuid() == 0 else "",  # or its worker may not read a folder of root's
            folder=folder,
            files=most,
            connections=most - 100,
            port=port,
            modules=modules,
            locations=HUB if hub else "",
        )
        (folder / "nginx.conf").write_text(text)
        self.log = folder / "error.log"
        self.host, self.port = "127.0.0.1", port
        command = [path, "-p", str(folder), "-e", str(self.log), "-c", str(folder / "nginx.conf")]
        if hub and not NCHANS_FOLDER.parent.is_dir():
            command = [*ROOM, *command]
        self._spawn(command, folder / "output.log")
        self._await(port)

    def _await(self, port: int) -> None:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                ended = self.process.poll() is not None
                if ended or time.monotonic() > until:
                    self.kill()
                    raise Absent(f"nginx does not start here: {self.said()[-500:]}") from None
                time.sleep(0.02)

    def said(self) -> str:
        """What it wrote."""
        logs = (self.log, self.log.with_name("output.log"))
        return "".join(each.read_text(errors="replace") for each in logs if each.exists())

    def resident(self) -> float:
        """Memory that the worker has resident, in MB; the master only waits."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        rollup = Path(f"/proc/{children[0]}/smaps_rollup").read_text()
        return int(re.findall(r"^Rss:\s+(\d+)", rollup, re.M)[0]) * 1024 / 1e6

    def kill(self) -> None:
        """Have the master end the worker: killed, it could not."""
        self.stop()

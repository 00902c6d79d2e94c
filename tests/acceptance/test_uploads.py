"""A table that an editor has sent is in the catalogue in the end, whatever ends in between."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from tests.acceptance.music import playing
from tests.acceptance.server import eventually

ROWS = 20_000


def readers(data: Path) -> list[int]:
    """The processes that read tables into a data folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"antiphon_music.catalog.uploads.taking" in words and str(data).encode() in words:
                found.append(int(process.name))
    return found


@pytest.mark.parametrize("ends", ["killed", "stopped", "reader killed"])
def test_an_import_goes_on_after_it_was_cut(tmp_path: Path, ends: str) -> None:
    rows = "".join(f"Song {number},Artist {number % 500}\n" for number in range(ROWS))
    with playing(tmp_path / "data", together=True) as music:
        editor = music.client(music.token("editor"))
        sent = editor.request("POST", "/imports", files={"table": ("many.csv", "title,artist\n" + rows)})
        assert sent.status_code == 201, sent.text
        place = sent.headers["location"]
        assert eventually(lambda: editor.get(place).json()["added"] > 0)
        (reader,) = readers(tmp_path / "data")
        server = music.server_of("catalog")
        if ends == "reader killed":
            os.kill(reader, signal.SIGKILL)
            assert eventually(lambda: editor.get(place).json()["state"] == "failed")
            assert "ended with -9" in editor.get(place).json()["told"][0]
            assert readers(tmp_path / "data") == []
            return
        if ends == "killed":
            server.end(signal.SIGKILL)
        else:
            assert server.stop() == 0
        assert eventually(lambda: readers(tmp_path / "data") == [])
        server.start()
        assert eventually(lambda: editor.get(place).json()["state"] == "done", 60)
        done = editor.get(place).json()
        assert (done["added"] + done["unchanged"], done["refused"]) == (ROWS, 0)
        lines = editor.get(
            "/songs?fields=title", headers={"Accept": "application/x-ndjson"}
        ).text.splitlines()
        titles = Counter(line.partition('"title":')[2] for line in lines)
        assert (len(titles), max(titles.values())) == (ROWS, 1)

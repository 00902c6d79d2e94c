"""Writing sound: what is written can be read, and a file appears whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from tests.unit.music.catalog.audio.tones import write_tone

from antiphon_music.catalog.audio.encode import sweep, whole_file
from antiphon_music.catalog.audio.format import FORMATS, Format


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_what_is_written_is_sound_of_that_format_and_length(tmp_path: Path, form: Format) -> None:
    path = write_tone(tmp_path / f"tone{form.suffix}", 3.0, form)
    with av.open(path) as container:
        assert container.format.name == form.container
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(3.0, abs=0.1)
        loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))
    assert loudest == pytest.approx(0.4, abs=0.05)


def test_a_file_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    def unfinished() -> None:
        with whole_file(tmp_path / "song.opus") as target:
            target.write(b"half of it")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        unfinished()
    assert list(tmp_path.iterdir()) == []


def test_a_file_keeps_its_old_content_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "song.opus"
    path.write_bytes(b"old")
    with whole_file(path) as target:
        target.write(b"new")
        target.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from antiphon_music.catalog.audio.encode import whole_file\n"
        "with whole_file(Path(sys.argv[1]) / 'song.opus') as target:\n"
        "    target.write(b'half'); target.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert len(list(tmp_path.glob(".*.part"))) == 1
    with whole_file(tmp_path / "other.opus") as target:
        sweep(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [Path(target.name).name]
        assert f".{os.getpid()}-" in target.name
    assert [path.name for path in tmp_path.iterdir()] == ["other.opus"]

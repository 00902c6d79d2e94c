"""Cutting previews: their length, their fades, and files that none can be cut from."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.unit.music.catalog.audio.tones import write_tone

from antiphon_music.catalog.audio.cut import SECONDS, Undecodable, cut
from antiphon_music.catalog.audio.encode import RATE, Sound
from antiphon_music.catalog.audio.format import FORMATS, Format


def whole(path: Path, patience: float = 20.0) -> Sound:
    return np.concatenate(list(cut(path, patience)), axis=1)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_long_song_gives_half_a_minute(tmp_path: Path, form: Format) -> None:
    sound = whole(write_tone(tmp_path / f"long{form.suffix}", 70.0, form))
    assert sound.shape == (2, int(SECONDS * RATE))
    assert abs(sound).max() == pytest.approx(0.4, abs=0.05)


def test_a_short_song_is_given_whole(tmp_path: Path) -> None:
    sound = whole(write_tone(tmp_path / "short.opus", 4.0))
    assert sound.shape[1] / RATE == pytest.approx(4.0, abs=0.05)


def test_it_is_faded_in_and_out(tmp_path: Path) -> None:
    sound = whole(write_tone(tmp_path / "song.opus", 40.0))
    loud = [float(abs(sound[:, at : at + 2_000]).max()) for at in (0, RATE, sound.shape[1] - 2_000)]
    assert loud[0] < 0.1
    assert loud[1] > 0.35
    assert loud[2] < 0.1


def test_a_sound_shorter_than_its_fades_is_given_all_the_same(tmp_path: Path) -> None:
    assert whole(write_tone(tmp_path / "blip.opus", 0.2)).shape[1] > 0


@pytest.mark.parametrize(
    "content",
    [b"", b"no sound at all", b"OggS" + bytes(200), bytes(100_000), b"#EXTM3U\n/etc/hostname\n"],
    ids=["empty", "text", "broken Ogg", "zeros", "playlist"],
)
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.opus"
    path.write_bytes(content)
    with pytest.raises(Undecodable):
        whole(path)


def test_a_list_of_files_opens_none_of_them(tmp_path: Path) -> None:
    other = write_tone(tmp_path / "other.opus", 2.0)
    playlists = {
        "hls.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{other}\n#EXT-X-ENDLIST\n",
        "concat.txt": f"ffconcat version 1.0\nfile '{other}'\n",
    }
    for name, text in playlists.items():
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(Undecodable):
            whole(path)


def test_half_a_file_gives_what_is_in_it(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "song.opus", 20.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 5 * RATE < whole(path).shape[1] < 12 * RATE


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "song.opus", 20.0)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 500] = os.urandom(500)
    path.write_bytes(content)
    assert whole(path).shape[1] > 10 * RATE


def test_a_file_that_is_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Undecodable, match="gone"):
        whole(tmp_path / "nowhere.opus")
    os.mkfifo(tmp_path / "pipe.opus")
    with pytest.raises(Undecodable, match="no regular file"):
        whole(tmp_path / "pipe.opus")


def test_decoding_has_an_end(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "song.opus", 10.0)
    with pytest.raises(Undecodable, match="too long"):
        whole(path, patience=-1.0)

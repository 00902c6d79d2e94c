"""Reading tags of many formats, written by mutagen into files of each."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import pytest
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TCON, TDRC, TIT2, TPE1, TRCK
from mutagen.mp4 import MP4
from mutagen.wave import WAVE
from tests.unit.music.catalog.audio.tones import tone, write_tone

from antiphon_music.catalog.audio.tags import Tags, Unreadable, read_tags

SONG = {
    "title": "Zwölf Brücken",
    "artist": "Ørsted & Søn",
    "album": "Ponts",
    "albumartist": "Various",
    "genre": "Jazz",
    "date": "1999-05-01",
    "tracknumber": "3/12",
    "discnumber": "2",
}


def encoded(path: Path, codec: str, sample: str = "fltp", rate: int = 48_000) -> Path:
    """A second of sound in any format that FFmpeg writes."""
    with av.open(path, "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, layout="stereo")
        stream.bit_rate = 128_000
        sound = tone(1.0)
        samples = sound if sample.endswith("p") else sound.T.reshape(1, -1)
        if sample.startswith("s16"):
            samples = (samples * 32_000).astype("int16")
        frame = av.AudioFrame.from_ndarray(samples.copy(), format=sample, layout="stereo")
        frame.sample_rate = rate
        for each in (frame, None):
            container.mux(stream.encode(each))
    return path


def is_song(tags: Tags | None, **other: Any) -> None:
    assert tags is not None
    assert (tags.title, tags.artists, tags.album) == ("Zwölf Brücken", ("Ørsted & Søn",), "Ponts")
    assert (tags.genre, tags.date[:4], tags.track) == ("Jazz", "1999", 3)
    assert tags.length == pytest.approx(1.0, abs=0.2)
    for name, value in other.items():
        assert getattr(tags, name) == value


def test_ogg_opus(tmp_path: Path) -> None:
    is_song(
        read_tags(write_tone(tmp_path / "song.opus", 1.0, tags=SONG)),
        album_artist="Various",
        disc=2,
        length=1.0,
    )


def test_flac_with_several_artists(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.flac", "flac", "s16")
    file: Any = FLAC(path)  # type: ignore[no-untyped-call]
    file.update({**SONG, "artist": ["One", "Two"]})
    file.save()
    tags = read_tags(path)
    assert tags is not None
    assert tags.artists == ("One", "Two")


def test_mp3_with_a_numbered_genre(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", "libmp3lame")
    frames: Any = ID3()  # type: ignore[no-untyped-call]
    for frame, text in (
        (TIT2, "Zwölf Brücken"), (TPE1, "Ørsted & Søn"), (TALB, "Ponts"),
        (TCON, "(8)"), (TDRC, "1999"), (TRCK, "3"),
    ):  # fmt: skip
        frames.add(frame(encoding=3, text=[text]))
    frames.save(path)
    is_song(read_tags(path))


def test_wave_with_id3(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.wav", "pcm_s16le", "s16")
    file: Any = WAVE(path)  # type: ignore[no-untyped-call]
    file.add_tags()
    for frame, text in (
        (TIT2, "Zwölf Brücken"), (TPE1, "Ørsted & Søn"), (TALB, "Ponts"),
        (TCON, "Jazz"), (TDRC, "1999"), (TRCK, "3"),
    ):  # fmt: skip
        file.tags.add(frame(encoding=3, text=[text]))
    file.save()
    is_song(read_tags(path))


def test_mp4(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.m4a", "aac")
    file: Any = MP4(path)  # type: ignore[no-untyped-call]
    file.update(
        {
            "\xa9nam": "Zwölf Brücken", "\xa9ART": "Ørsted & Søn", "\xa9alb": "Ponts", "\xa9gen": "Jazz",
            "\xa9day": "1999", "trkn": [(3, 12)],
        }
    )  # fmt: skip
    file.save()
    is_song(read_tags(path))


def test_windows_media(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.wma", "wmav2")
    file: Any = ASF(path)  # type: ignore[no-untyped-call]
    file.update(
        {
            "Title": "Zwölf Brücken", "Author": "Ørsted & Søn", "WM/AlbumTitle": "Ponts", "WM/Genre": "Jazz",
            "WM/Year": "1999", "WM/TrackNumber": "3",
        }
    )  # fmt: skip
    file.save()
    is_song(read_tags(path))


def test_no_tags_are_no_fault(tmp_path: Path) -> None:
    assert read_tags(write_tone(tmp_path / "song.opus", 1.0)) == Tags(length=1.0)


def test_what_is_not_meant_to_be_audio_is_told_from_what_is(tmp_path: Path) -> None:
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    assert read_tags(tmp_path / "cover.jpg") is None
    for content in (b"", b"nothing", b"OggS" + bytes(60)):
        (tmp_path / "song.ogg").write_bytes(content)
        with pytest.raises(Unreadable):
            read_tags(tmp_path / "song.ogg")


def test_a_broken_file_of_any_format_is_no_more_than_unreadable(tmp_path: Path) -> None:
    sources = [
        write_tone(tmp_path / "a.opus", 1.0, tags=SONG),
        encoded(tmp_path / "a.flac", "flac", "s16"),
        encoded(tmp_path / "a.mp3", "libmp3lame"),
        encoded(tmp_path / "a.m4a", "aac"),
        encoded(tmp_path / "a.wma", "wmav2"),
        encoded(tmp_path / "a.wav", "pcm_s16le", "s16"),
    ]
    for source in sources:
        content = source.read_bytes()
        for cut in range(0, 400, 23):
            broken = tmp_path / f"broken{source.suffix}"
            broken.write_bytes(content[:cut] + bytes(40) + content[cut + 40 : 600])
            with suppress(Unreadable):
                read_tags(broken)

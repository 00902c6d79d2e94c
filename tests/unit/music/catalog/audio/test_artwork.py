"""Pictures in audio files, of each format that carries them."""

import base64
from pathlib import Path

import av
import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.oggopus import OggOpus
from tests.unit.music.catalog.audio.tones import write_tone

from antiphon_music.catalog.audio.artwork import LARGEST, embedded_picture
from antiphon_music.catalog.audio.format import MP3

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
JPEG = b"\xff\xd8\xff\xe0" + b"picture"


def picture(data: bytes, kind: int = 3) -> Picture:
    made = Picture()  # type: ignore[no-untyped-call]
    made.data, made.type, made.mime = data, kind, "image/png"
    return made


def write_flac(path: Path) -> None:
    """A moment of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=48_000)
        frame = av.AudioFrame(format="s16", layout="stereo", samples=4800)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux([*stream.encode(frame), *stream.encode(None)])


def tagged(path: Path, *pictures: tuple[bytes, int]) -> Path:
    match path.suffix:
        case ".flac":
            write_flac(path)
            flac = FLAC(path)  # type: ignore[no-untyped-call]
            for data, kind in pictures:
                flac.add_picture(picture(data, kind))  # type: ignore[no-untyped-call]
            flac.save()
        case ".mp3":
            write_tone(path, 0.5, MP3)
            frames = ID3()  # type: ignore[no-untyped-call]
            for data, kind in pictures:
                frame = APIC(mime="text/html", type=kind, desc=str(kind), data=data)  # type: ignore[no-untyped-call]
                frames.add(frame)  # type: ignore[no-untyped-call]
            frames.save(path)
        case _:
            write_tone(path, 0.5)
            opus = OggOpus(path)  # type: ignore[no-untyped-call]
            opus["metadata_block_picture"] = [
                base64.b64encode(picture(data, kind).write()).decode()  # type: ignore[no-untyped-call]
                for data, kind in pictures
            ]
            opus.save()
    return path


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".opus"])
def test_the_front_cover_comes_first_and_its_bytes_say_what_it_is(tmp_path: Path, suffix: str) -> None:
    path = tagged(tmp_path / f"song{suffix}", (JPEG, 4), (PNG, 3))
    assert embedded_picture(path) == (PNG, "image/png")


@pytest.mark.parametrize("data", [b"<svg onload=alert(1)>", b"", JPEG + b"x" * LARGEST])
def test_what_a_page_cannot_show_is_no_cover(tmp_path: Path, data: bytes) -> None:
    assert embedded_picture(tagged(tmp_path / "song.flac", (data, 3))) is None


def test_files_without_any(tmp_path: Path) -> None:
    assert embedded_picture(tagged(tmp_path / "song.flac")) is None
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"ID3\x04\x00\x00\xff\xff\xff\xff" * 20)
    assert embedded_picture(broken) is None
    assert embedded_picture(tmp_path / "gone.flac") is None

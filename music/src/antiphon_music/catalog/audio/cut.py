"""Cutting half a minute out of an audio file."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler

from .encode import RATE, Sound

SECONDS = 30.0
"""How long a preview is, where the song is as long."""

_FADE = 0.5
_PATIENCE = 20.0
_MOST_PACKETS = 200_000


class Undecodable(Exception):
    """An audio file that no preview can be cut from; the message names the reason."""


def cut(path: Path, patience: float = _PATIENCE) -> Iterator[Sound]:
    """Half a minute of a file's sound, in stereo at 48 kHz, piece by piece, faded in and out.

    It begins after the song's first notes: at 30 s, or earlier in a short song. A song that is no longer than
    half a minute is given whole.

    Raises:
        Undecodable: the file is gone, is no audio, is broken, or takes longer than `patience` seconds.
    """
    deadline = time.monotonic() + patience
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Undecodable("it is no regular file")
        with path.open("rb") as file:
            # A file that lists others (a playlist) could make the decoder open them, from the network too.
            options = {"protocol_whitelist": "none", "format_probesize": "1048576"}
            with av.open(file, "r", options=options, metadata_errors="replace") as container:
                yield from _faded(_pieces(container, deadline))
    except FileNotFoundError:
        raise Undecodable("the file is gone") from None
    except OSError as error:  # FFmpeg's errors are OSErrors or ValueErrors
        raise Undecodable(error.strerror or str(error)) from None
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise Undecodable(str(error)) from None


def _pieces(container: av.container.InputContainer, deadline: float) -> Iterator[Sound]:
    if not container.streams.audio:
        raise Undecodable("it has no sound")
    stream = container.streams.audio[0]
    length = container.duration / av.time_base if container.duration else None
    start = 0.0 if length is None else max(0.0, min(30.0, (length - SECONDS) / 2))
    if start:
        container.seek(int(start * av.time_base))
    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
    left = int(SECONDS * RATE)
    for count, packet in enumerate(container.demux(stream)):
        if time.monotonic() > deadline or count > _MOST_PACKETS:
            raise Undecodable("it takes too long to decode")
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # a damaged piece; players pass over it, too
        for frame in frames:
            if frame.time is not None and start and frame.time + frame.samples / frame.sample_rate <= start:
                continue
            for even in resampler.resample(frame):
                piece = even.to_ndarray().astype(np.float32, copy=False)[:, :left]
                left -= piece.shape[1]
                if piece.shape[1]:
                    yield piece
                if left <= 0:
                    return


def _faded(pieces: Iterator[Sound]) -> Iterator[Sound]:
    """Fade in at the start and out at the end, wherever that comes: the last piece waits for the next."""
    fade = int(_FADE * RATE)
    held: list[Sound] = []
    waiting = 0
    first = True
    for piece in pieces:
        held.append(piece)
        waiting += piece.shape[1]
        if waiting >= 3 * fade:
            sound = np.concatenate(held, axis=1)
            if first:
                sound[:, :fade] *= np.linspace(0, 1, fade, dtype=np.float32)
                first = False
            yield sound[:, :-fade]
            held = [sound[:, -fade:]]
            waiting = fade
    if not held:
        raise Undecodable("it has no sound that can be decoded")
    sound = np.concatenate(held, axis=1)
    length = min(fade, sound.shape[1])
    sound[:, sound.shape[1] - length :] *= np.linspace(1, 0, length, dtype=np.float32)
    yield sound

"""Writing sound to a file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from .format import Format

RATE = 48_000
"""Samples a second of all that is written: the one rate that Opus works at."""

_UNFINISHED = ".part"

Sound = NDArray[np.float32]
"""Stereo sound of the shape (2, samples); full scale is 1.0."""


def encode(pieces: Iterable[Sound], target: BinaryIO, form: Format) -> None:
    """Write sound, given piece by piece, into an open file.

    Raises:
        av.error.FFmpegError: the encoder failed.
        OSError: the file cannot be written.
    """
    with av.open(target, "w", format=form.container) as container:
        stream = cast(
            "AudioStream",
            container.add_stream(form.codec, rate=RATE, layout="stereo", options=dict(form.options)),
        )
        stream.bit_rate = form.bit_rate
        at = 0
        for piece in pieces:
            planar = form.sample.endswith("p")
            samples = piece if planar else piece.T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples), format=form.sample, layout="stereo"
            )
            frame.sample_rate = RATE
            frame.pts = at
            at += piece.shape[1]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under `path` when the block ends, complete and on disk, or not at all.

    Until then it has a temporary name beside it, with the process id; if the block raises, it is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{os.getpid()}-", suffix=_UNFINISHED, dir=path.parent)
    os.close(descriptor)
    try:
        with Path(name).open("wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Remove what processes that are no more left unfinished in `folder`."""
    for left in folder.glob(f".*{_UNFINISHED}"):
        process = left.name[1:].partition("-")[0]
        if not process.isdigit() or not _alive(int(process)):
            left.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

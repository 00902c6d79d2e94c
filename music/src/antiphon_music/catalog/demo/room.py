"""The room that a piece sounds in, and the last step of the mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .wave import RATE, Samples, band, decay, noise

_LOUDNESS = 0.14
"""Root mean square that each finished piece is brought to, so that none is louder than another."""


@dataclass(frozen=True)
class Room:
    """A room: `tail` is how long its echo lasts in seconds, `level` how much of it is heard.

    `tone` is the highest frequency (in hertz) that its walls give back; `echo` adds a repeat after
    so many seconds (0 for none), which goes from one side to the other.
    """

    tail: float = 1.8
    level: float = 0.5
    tone: float = 5_000.0
    echo: float = 0.0

    def finish(self, dry: Samples, wet: Samples) -> Samples:
        """Add the room to the dry sound in place, even out the loudness, and fade the end."""
        mixed = dry
        length = wet.size
        if self.echo:
            wet = self._repeat(wet, mixed)
        # Nothing above `tone` comes back, so the echo is made at half the rate, at a quarter of the cost.
        half = wet[: length // 2 * 2].reshape(-1, 2).mean(axis=1, dtype=np.float32)
        for side, answer in enumerate(_convolve(half, [self._walls(0), self._walls(1)])):
            mixed[side, 0 : 2 * half.size : 2] += answer
            mixed[side, 1 : 2 * half.size - 2 : 2] += (answer[:-1] + answer[1:]) * np.float32(0.5)
        power = float(np.vdot(mixed, mixed)) / mixed.size
        mixed *= np.float32(1.1 * _LOUDNESS / (np.sqrt(power) or 1.0))
        # Soft limit: what is quiet stays as it is, peaks bend below full scale.
        np.tanh(mixed, out=mixed)
        mixed *= np.float32(0.9)
        fade = min(length, int(min(1.2, self.tail) * RATE))
        mixed[:, length - fade :] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
        return mixed

    def _walls(self, side: int) -> Samples:
        """What one side of the room answers to a click, at half the rate."""
        length = int(self.tail * RATE)
        answer = band(noise(length, 1_000 + side), 150, self.tone) * decay(length, self.tail)
        answer[: int(0.012 * RATE)] = 0
        answer = answer[::2]
        power = float(np.sqrt(np.sum(answer**2))) or 1.0
        return np.asarray(answer * np.float32(self.level / power), dtype=np.float32)

    def _repeat(self, wet: Samples, mixed: Samples) -> Samples:
        step = int(self.echo * RATE)
        result = wet.copy()
        for turn in range(1, 5):
            gain = np.float32(0.42**turn)
            late = wet[: max(0, wet.size - step * turn)] * gain
            mixed[turn % 2, step * turn :] += late
            result[step * turn :] += late * np.float32(0.5)
        return result


def _convolve(sound: Samples, answers: list[Samples]) -> list[Samples]:
    """The sound as each of the answers (of one length) gives it back, block by block."""
    reach = answers[0].size
    size = 1 << (2 * reach).bit_length()
    block = size - reach
    walls = [np.fft.rfft(answer, size) for answer in answers]
    results = [np.zeros(sound.size + size, dtype=np.float32) for _ in answers]
    for start in range(0, sound.size, block):
        spectrum = np.fft.rfft(sound[start : start + block], size)
        for wall, result in zip(walls, results, strict=True):
            result[start : start + size] += np.fft.irfft(spectrum * wall, size)
    return [result[: sound.size] for result in results]

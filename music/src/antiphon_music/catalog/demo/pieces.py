"""The pieces of the demo library. Titles, artists and albums are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """One piece: its tags, and what its style makes it from.

    `chords` are bars as `notes.bars` reads them, played `rounds` times over; `key` and `scale` are those of
    its melody.
    """

    title: str
    artist: str
    album: str
    number: int
    year: int
    genre: str
    style: str
    tempo: float
    key: str
    scale: str
    chords: str
    rounds: int
    seed: int


PIECES: tuple[Piece, ...] = (
    Piece(
        "Second Set at the Lantern", "Tobble Wick Trio", "Candle Hours", 1, 2021, "Jazz", "swing",
        152, "C", "major",
        "Cmaj7 A7 | Dm7 G7 | Em7 A7 | Dm7 G7 | Cmaj7 C7 | Fmaj7 Fm6 | Em7 A7 | Dm7 G7", 3, 11,
    ),
    Piece(
        "Rain on the Ferry Roof", "Tobble Wick Trio", "Candle Hours", 2, 2021, "Jazz", "ballad",
        72, "F", "major",
        "Fmaj7 | Gm7 C7 | Am7 Dm7 | Gm7 C7 | Bbmaj7 Bbm6 | Am7 D7", 2, 12,
    ),
    Piece(
        "Three Umbrellas", "Hester Quillow Quartet", "Umbrella Weather", 1, 2023, "Jazz", "jazz waltz",
        148, "G", "major",
        "Gmaj7 | Em7 | Am7 | D7 | Bm7 | Em7 | Am7 | D7 | Cmaj7 | Cm6 | Bm7 | E7 | Am7 | D7 | Gmaj7 | D7",
        2, 13,
    ),
    Piece(
        "Gravel Road Ledger", "Old Pell Morrow", "Eleven Miles of Fence", 1, 2018, "Blues", "shuffle",
        100, "E", "blues",
        "E7 | A7 | E7 | E7 | A7 | A7 | E7 | E7 | B7 | A7 | E7 | B7", 1, 21,
    ),
    Piece(
        "Prelude for a Small Window", "Ilsabet Karrow", "Small Windows", 1, 2020, "Classical", "prelude",
        84, "D", "major",
        "D | Bm | G | A | D/F# | G | Em | A7 | Bm | F#m | G | D/F# | Em | A7", 1, 31,
    ),
    Piece(
        "Passacaglia of the Tide Clocks", "Ilsabet Karrow", "Small Windows", 2, 2020, "Classical", "strings",
        96, "A", "minor",
        "Am | E/G# | Am | Dm | F | C/E | Dm | E", 2, 32,
    ),
    Piece(
        "Night Bus to Orbit", "Vantaplex", "Departures Level Nine", 1, 2024, "Electronic", "house",
        122, "A", "minor pentatonic",
        "Am9 | Fmaj7 | Cmaj7 | G6 | Am9 | Fmaj7 | Dm9 | Em7", 2, 41,
    ),
    Piece(
        "Glass Motorway", "Vantaplex", "Departures Level Nine", 2, 2024, "Electronic", "synthwave",
        104, "D", "minor",
        "Dm | Bb | F | C | Dm | Bb | Gm | A7sus4", 2, 42,
    ),
    Piece(
        "Paper Volcano", "The Unposted Letters", "Loud Stationery", 1, 2019, "Rock", "rock",
        132, "A", "minor pentatonic",
        "A5 | A5 | G5 | D5 | A5 | A5 | F5 | G5", 2, 51,
    ),
    Piece(
        "Hold the Ladder", "The Unposted Letters", "Loud Stationery", 2, 2019, "Rock", "anthem",
        92, "G", "major",
        "G | D/F# | Em7 | Cadd9 | G | D | C | D", 2, 52,
    ),
    Piece(
        "Harbour Before Light", "Moss Cathedral", "Slow Weather", 1, 2022, "Ambient", "drift",
        54, "Eb", "lydian",
        "Ebmaj9 | Ebmaj9 | Cm9 | Abmaj7 | Ebmaj9 | Gm7 | Abmaj7 | Bbsus4", 1, 61,
    ),
    Piece(
        "The Heron Took My Hat", "Fenwick and Drey", "Low Bridge Songs", 1, 2017, "Folk", "fingers",
        116, "C", "major",
        "C | G/B | Am | F | C | F | C/G | G | Am | Em | F | C/E | Dm | G | C | C", 1, 71,
    ),
    Piece(
        "Mango Parliament", "Sunny Tollgate", "Parliament in Session", 1, 2016, "Reggae", "one drop",
        78, "G", "mixolydian",
        "G | G | F | C | G | G | F | C | Em | D", 1, 81,
    ),
    Piece(
        "Homework for Cats", "Beigeworks", "Soft Deadlines", 1, 2025, "Hip Hop", "lo-fi",
        82, "D", "dorian",
        "Dm9 | G7 | Cmaj9 | Am7 | Dm9 | G7 | Em7 | A7 | Fmaj7 | Em7 | Dm9 | G7", 1, 91,
    ),
    Piece(
        "Praia de Papel", "Coral Vazante", "Paper Shores", 1, 2015, "Latin", "bossa nova",
        128, "D", "major",
        "Dmaj7 | Dmaj7 | Em7 | A7 | F#m7 | B7 | Em7 | A7 | Gmaj7 | Gm6 | F#m7 | B7 | Em7 | A7 | Dmaj7 | A7",
        1, 101,
    ),
    Piece(
        "Elevator Etiquette", "The Polite Machine", "Mind Your Step", 1, 2014, "Funk", "funk",
        106, "E", "minor pentatonic",
        "Em7 | Em7 | A9 | A9 | Em7 | Em7 | C9 | B7", 2, 111,
    ),
)  # fmt: skip
"""All of them: at least twelve, in at least six genres."""

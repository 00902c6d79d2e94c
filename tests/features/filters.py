"""Queries as clients write them, and records that they are about, for hypothesis."""

from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

TEXTS = (
    "",
    "a",
    "A",
    "ä",
    "Ä b",
    "ß",
    "SS",
    "İ",
    "i",
    'q"',
    "a,b",
    "(a)",
    "\\",
    "e\u0301",
    "é",
    "%&+=",
    "null",
)
YEARS = (-(2**63), -1, 0, 1959, 1960, 2**53 + 1, 2**63 - 1)
LENGTHS = (-1e300, -0.0, 0.1, 1.5, 61.0, 5e-324, 1e300)
DATES = ("0001-01-01", "1959-08-17", "9999-12-31")
TIMES = ("1969-12-31T23:59:59.999999Z", "2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00Z")
FIELDS: dict[str, tuple[Any, ...]] = {
    "title": TEXTS[1:],
    "genre": (*TEXTS, None),
    "label": (*TEXTS, None),
    "year": (*YEARS, None),
    "length": (*LENGTHS, None),
    "live": (True, False),
    "released": (*DATES, None),
    "heard": (*TIMES, None),
    "mood": ("calm", "wild", None),
}
TEXTUAL = ("title", "genre", "label")
COMPARISONS = ("", "[ne]", "[lt]", "[lte]", "[gt]", "[gte]")


def written(value: Any) -> str:
    """A value as a URL writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def quoted(value: str) -> str:
    """A value as it is written within parentheses."""
    if value and not any(letter in value for letter in ',()"\\'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def terms(draw: st.DrawFn, *, inside: bool) -> tuple[str, str]:
    """One comparison, as its left and right side."""
    name = draw(st.sampled_from(list(FIELDS)))
    values = [written(value) for value in FIELDS[name] if value is not None]
    operators = [*COMPARISONS, "[in]", "[null]", *(("[contains]", "[startswith]") if name in TEXTUAL else ())]
    operator = draw(st.sampled_from(operators))
    if operator == "[null]":
        return name + operator, draw(st.sampled_from(("true", "false")))
    if operator == "[in]":
        several = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
        return name + operator, "(" + ",".join(map(quoted, several)) + ")"
    value = draw(st.sampled_from(values))
    return name + operator, quoted(value) if inside else value


@st.composite
def groups(draw: st.DrawFn, depth: int = 2) -> tuple[str, str]:
    """`or=(…)` or `and=(…)`."""
    inner = terms(inside=True) if depth == 0 else terms(inside=True) | groups(depth - 1)
    parts = draw(st.lists(inner, min_size=1, max_size=3))
    name = draw(st.sampled_from(("or", "and")))
    return name, "(" + ",".join(f"{left}={right}" for left, right in parts) + ")"


@st.composite
def queries(draw: st.DrawFn) -> str:
    """The path and query of a stream over songs: a filter, and perhaps fields, or a window."""
    parts = draw(st.lists(terms(inside=False) | groups(), max_size=2, unique_by=lambda part: part[0]))
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from([*FIELDS, "id", "tags"]), min_size=1, max_size=3, unique=True))
        parts.append(("fields", ",".join(names)))
    if draw(st.integers(0, 2)) == 0:
        names = draw(st.lists(st.sampled_from(list(FIELDS)), min_size=0, max_size=2, unique=True))
        order = ",".join(draw(st.sampled_from(("", "-"))) + name for name in names)
        parts += [("order", order or "-id"), ("limit", str(draw(st.integers(1, 4))))]
    return "/songs?" + urlencode(parts)


@st.composite
def songs(draw: st.DrawFn, *, partial: bool = False) -> dict[str, Any]:
    """A song's body; `partial` for one to patch with."""
    chosen = draw(st.sets(st.sampled_from(list(FIELDS)), min_size=1, max_size=4 if partial else 9))
    body = {name: draw(st.sampled_from(FIELDS[name])) for name in sorted(chosen)}
    if not partial:
        body.setdefault("title", draw(st.sampled_from(FIELDS["title"])))
    return body

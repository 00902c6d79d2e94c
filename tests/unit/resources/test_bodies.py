"""Bodies: repeated members, nesting, and patches."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.songs import Size, Song

from antiphon.errors import Invalid, Malformed
from antiphon.resources import declare
from antiphon.resources.bodies import DEEPEST, merge_patch, refuse_depth, refuse_repeats

SONGS = declare(Song)
STORED = SONGS.encode(
    SONGS.check(
        Song(id="naima", revision=7, title="Naima", year=1959, cover=Size(3, 4), extra={"a": {"b": 1}})
    )
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_json_writes_repeats_nothing(value: Any) -> None:
    refuse_repeats(json.dumps(value).encode(), (b'"a"',), nested=True)
    refuse_repeats(json.dumps(value, ensure_ascii=False).encode(), (b'"a"',), nested=True)


@given(st.lists(st.text(max_size=2), min_size=1, max_size=5), st.booleans())
def test_a_repeated_member_is_found_however_it_is_written(names: list[str], ascii_only: bool) -> None:
    members = ",".join(f"{json.dumps(name, ensure_ascii=ascii_only)}:0" for name in [*names, names[0]])
    with pytest.raises(Malformed, match="is there twice"):
        refuse_repeats(f'[{{"x":{{{members}}}}}]'.encode(), (), nested=True)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(JSON, st.integers(0, DEEPEST + 3))
def test_nesting_is_counted_outside_of_texts(value: Any, more: int) -> None:
    for _ in range(more):
        value = ['[{\\"]}', value]
    body = json.dumps(value).encode()
    if depth(value) <= DEEPEST:
        refuse_depth(body)
    else:
        with pytest.raises(Malformed, match=f"nested deeper than {DEEPEST}"):
            refuse_depth(body)


def test_counting_brackets_takes_time_in_proportion() -> None:
    text = json.dumps({"a": '\\"' * 400_000, "b": [[]] * 100_000}).encode()
    started = time.thread_time()
    refuse_depth(text)
    assert time.thread_time() - started < 3


@pytest.mark.parametrize(  # RFC 7396, appendix A
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_the_rfc_says(target: Any, patch: Any, result: Any) -> None:
    before = json.dumps(target)
    assert merge_patch(target, patch) == result
    assert json.dumps(target) == before


def test_a_patched_record_keeps_what_is_not_named() -> None:
    song, revision = SONGS.merge(STORED, b'{"title": "Giant Steps", "extra": {"a": {"c": 2}}}')
    assert revision == 0
    assert (song.id, song.revision, song.title, song.year) == ("naima", 7, "Giant Steps", 1959)
    assert song.extra == {"a": {"b": 1, "c": 2}}


def test_null_stands_for_null_or_the_default() -> None:
    song, _ = SONGS.merge(STORED, b'{"year": null, "mood": null, "tags": null, "cover": {"height": null}}')
    assert (song.year, song.mood, song.tags, song.cover) == (None, "calm", [], Size(3, 1))
    with pytest.raises(Invalid, match="title: A value is required"):
        SONGS.merge(STORED, b'{"title": null}')


def test_a_patch_may_name_the_record_and_the_revision_it_is_for() -> None:
    _, revision = SONGS.merge(STORED, b'{"id": "naima", "revision": 5}')
    assert revision == 5


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (b'{"id": "other"}', "id: a record keeps its id"),
        (b'{"id": null}', "id: a record keeps its id"),
        (b'{"revision": "5"}', "revision"),
        (b'{"revision": true}', "revision"),
        (b'{"revision": null}', "revision"),
        (b'{"revision": 1.5}', "revision"),
        (b'{"titel": "x"}', "Did you mean 'title'"),
        (b'{"titel": null}', "Did you mean 'title'"),
        (b'{"title": 5}', "title"),
        (b'{"cover": {"width": null}}', "cover"),
        (b"[]", "Expected an object"),
        (b"null", "Expected an object"),
        (b'"x"', "Expected an object"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(patch: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        SONGS.merge(STORED, patch)


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"{",
        b'{"title": "\xff"}',
        b'{"title": "a", "title": "b"}',
        b'{"extra": {"a": 1, "a": 2}}',
        b'{"year": 1e400}',
        b'{"extra": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"extra": {"a": ' + b"[" * 70 + b"]" * 70 + b"}}",
    ],
    ids=lambda patch: repr(patch[:30]),
)
def test_a_patch_that_is_no_json_to_rely_on_is_refused(patch: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        SONGS.merge(STORED, patch)
    assert caught.value.hint


def test_patches_cannot_nest_a_record_deeper_one_by_one() -> None:
    song = SONGS.decode(STORED)
    song.extra = {"a": json.loads("[" * 60 + "]" * 60)}
    deep = SONGS.encode(SONGS.check(song))
    patch = json.dumps({"extra": {"b": json.loads("[" * 60 + "]" * 60)}}).encode()
    merged, _ = SONGS.merge(deep, patch)
    assert depth(merged.extra) == 61
    with pytest.raises(Malformed, match="nested deeper"):
        SONGS.merge(deep, json.dumps({"extra": {"a": {"x": json.loads("[" * 62 + "]" * 62)}}}).encode())


@given(JSON)
def test_nothing_but_a_problem_comes_of_any_patch(patch: Any) -> None:
    try:
        song, _ = SONGS.merge(STORED, json.dumps(patch).encode())
    except (Invalid, Malformed):
        return
    assert song.id == "naima"

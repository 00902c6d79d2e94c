"""Pages: each record once, whatever the order, and what a URL may ask for."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.acceptance.scenario import new_song, problem

GENRE = "paged"


@pytest.fixture(scope="module", autouse=True)
def songs(server: Any) -> list[dict[str, Any]]:
    """Songs that have ties and nulls in every field."""
    with server.client() as client:
        bodies = [
            {
                "title": f"{'aAäÄ'[number % 4]}{number % 3}",
                "genre": GENRE,
                "year": (None, 1959, 1960)[number % 3],
                "length": (None, -0.0, 1e300, 1.5)[number % 4],
                "released": (None, "1959-08-17")[number % 2],
                "heard": (None, f"2026-01-31T12:00:00.{number:06}Z")[number % 5 == 0],
                "live": number % 2 == 0,
            }
            for number in range(61)
        ]
        found: list[dict[str, Any]] = client.post("/songs", json=bodies).json()["items"]
        return found


def walk(client: httpx.Client, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = url
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        following = page["next"]
        if following is None:
            assert "Link" not in answer.headers
        else:
            assert answer.headers["Link"] == f'<{following}>; rel="next"'
            assert urlsplit(following).netloc == ""
    return found


@pytest.mark.parametrize(
    "order",
    ["", "title", "-title", "year", "-year,title", "length,-year", "-released,-heard", "heard", "live,-id"],
)
@pytest.mark.parametrize("limit", [1, 7, 60, 61])
def test_pages_have_each_record_once_in_order(
    client: httpx.Client, songs: list[dict[str, Any]], order: str, limit: int
) -> None:
    url = f"/songs?genre={GENRE}&order={order}"
    whole = client.get(f"{url}&limit=1000").json()["items"]
    found = walk(client, f"{url}&limit={limit}")
    assert found == whole
    assert sorted(each["id"] for each in found) == sorted(each["id"] for each in songs)
    if order == "":
        assert [each["id"] for each in found] == sorted(each["id"] for each in found)
    if order == "-year,title":
        years = [each["year"] for each in found]
        assert years == sorted(years, key=lambda year: year or 0, reverse=True)


def test_a_page_goes_on_where_it_was_when_records_come_and_go(client: httpx.Client) -> None:
    made = [new_song(client, genre="moving", year=number) for number in range(10)]
    first = client.get("/songs?genre=moving&order=year&limit=4").json()
    client.delete(f"/songs/{made[3]['id']}")
    client.delete(f"/songs/{made[0]['id']}")
    late = new_song(client, genre="moving", year=7)
    rest = walk(client, first["next"])
    assert [each["year"] for each in rest] == [4, 5, 6, 7, 7, 8, 9]
    assert late in rest


def test_the_next_page_keeps_the_filter_the_fields_and_odd_letters(client: httpx.Client) -> None:
    for number in range(3):
        new_song(client, genre="r&b + söul, (live)", year=number)
    url = "/songs?genre=r%26b+%2B%20s%C3%B6ul,+(live)&fields=year&limit=2&order=-year"
    found = walk(client, url)
    assert [each["year"] for each in found] == [2, 1, 0]
    assert all(each.keys() == {"id", "revision", "year"} for each in found)


def test_a_page_has_a_default_size_and_a_largest(client: httpx.Client) -> None:
    assert len(client.get(f"/songs?genre={GENRE}").json()["items"]) == 50
    for limit in ("0", "-1", "1001", "x", "", "1.0", "٣", "9" * 50):
        answer = client.get("/songs", params={"limit": limit})
        assert "1000" in problem(answer, 400, "invalid_query")["hint"], limit


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("genr=x", "invalid_query", ("'genr'", "genre")),
        ("genre[is]=x", "invalid_query", ("is", "in")),
        ("genre[]=x", "invalid_query", ("genre",)),
        ("year=abc", "invalid_query", ("year", "'abc'", "integer")),
        ("year=9223372036854775808", "invalid_query", ("year",)),
        ("length=nan", "invalid_query", ("length", "number")),
        ("length=1e999", "invalid_query", ("length",)),
        ("live=1", "invalid_query", ("live", "true")),
        ("released=yesterday", "invalid_query", ("released", "2026-01-31")),
        ("heard=2026-01-31T12:00:00", "invalid_query", ("heard",)),
        ("tags=a", "invalid_query", ("tags",)),
        ("order=tags", "invalid_query", ("tags",)),
        ("order=titel", "invalid_query", ("'titel'", "title")),
        ("order=title,title", "invalid_query", ("twice",)),
        ("limit=1&limit=2", "invalid_query", ("twice",)),
        ("fields=titel", "invalid_query", ("titel",)),
        ("or=x", "invalid_query", ("or",)),
        ("or=(genre=x", "invalid_query", ("or",)),
        ("or=(genre)", "invalid_query", ("genre",)),
        ("year[contains]=1", "invalid_query", ("contains", "year")),
        ("genre[null]=maybe", "invalid_query", ("maybe",)),
        ("genre=%ff", "invalid_query", ("UTF-8",)),
        ("genre=%00", "invalid_query", ("genre",)),
        ("genre=%ED%A0%80", "invalid_query", ("UTF-8",)),
        ("after=nonsense", "invalid_cursor", ("after",)),
        ("after=", "invalid_cursor", ("after",)),
        ("or=" + "(or=" * 6 + "(year=1)" + ")" * 6, "invalid_query", ("nested",)),
        ("&".join(f"year[gt]={number}" for number in range(101)), "invalid_query", ("100",)),
        ("year[in]=" + ",".join(map(str, range(101))), "invalid_query", ("100",)),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "application/x-ndjson"])
def test_a_query_that_cannot_be_understood_names_what_is_wrong(
    client: httpx.Client, query: str, code: str, words: tuple[str, ...], accept: str
) -> None:
    answer = client.get(f"/songs?{query}", headers={"Accept": accept})
    document = problem(answer, 400, code)
    text = document["detail"] + document.get("hint", "")
    assert all(word in text for word in words), document


def test_a_cursor_belongs_to_its_order(client: httpx.Client) -> None:
    cursor = client.get(f"/songs?genre={GENRE}&order=year&limit=1").json()["next"].rpartition("after=")[2]
    for order in ("", "-year", "year,title", "title"):
        answer = client.get(f"/songs?genre={GENRE}&order={order}&after={cursor}")
        problem(answer, 400, "invalid_cursor")
    assert client.get(f"/songs?order=year&after={cursor}").status_code == 200


@pytest.mark.parametrize("url", ["/songs?from=now", "/songs.ndjson?live=true&from=x", "/songs/x?from="])
def test_a_position_to_follow_from_is_refused_where_nothing_follows(client: httpx.Client, url: str) -> None:
    assert "`from`" in problem(client.get(url), 400, "invalid_query")["detail"]


@pytest.mark.parametrize("query", ["limit=3", "title=a", "order=title", "fields=title&genre=x"])
def test_what_a_record_has_no_use_for_is_refused(client: httpx.Client, query: str) -> None:
    song = new_song(client)
    problem(client.get(f"/songs/{song['id']}?{query}"), 400, "invalid_query")


def test_fields_cut_records_down(client: httpx.Client) -> None:
    song = new_song(client, genre="cut")
    cut = {name: song[name] for name in ("id", "revision", "title")}
    for fields in ("title", "title,id", "revision,title,title"):
        assert client.get(f"/songs/{song['id']}?fields={fields}").json() == cut
        assert client.get(f"/songs?genre=cut&fields={fields}").json()["items"] == [cut]
        assert client.get(f"/songs.ndjson?genre=cut&fields={fields}").json() == cut

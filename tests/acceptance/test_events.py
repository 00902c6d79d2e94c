"""The log as CloudEvents 1.0: batches and streams, filtered by what an event says of itself."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.acceptance.scenario import new_song, problem, refused
from tests.acceptance.stream import Parser, Told

BATCH = "application/cloudevents-batch+json"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def start(client: httpx.Client) -> str:
    """The position before what a test does."""
    return str(client.get("/songs?limit=1").headers["Antiphon-Position"])


def events(client: httpx.Client, start: str, **wanted: str) -> list[dict[str, Any]]:
    answer = client.get("/events", params={"from": start, **wanted})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_an_event_has_what_cloudevents_asks_for(client: httpx.Client, start: str) -> None:
    made = client.post("/songs", json={"title": "Traced"}, headers={"traceparent": TRACE})
    song = made.json()
    (event,) = events(client, start)
    time = datetime.fromisoformat(event.pop("time"))
    assert abs((datetime.now(UTC) - time).total_seconds()) < 60
    assert event == {
        "specversion": "1.0",
        "id": made.headers["Antiphon-Position"],
        "source": "/library",
        "type": "song.added",
        "subject": f"/songs/{song['id']}",
        "datacontenttype": "application/json",
        "traceparent": TRACE,
        "data": {"before": None, "after": song},
    }


def test_a_trace_context_that_is_none_is_dropped(client: httpx.Client, start: str) -> None:
    client.post("/songs", json={"title": "x"}, headers={"traceparent": "00-nonsense"})
    (event,) = events(client, start)
    assert "traceparent" not in event


def test_events_tell_what_was_before_and_after(client: httpx.Client, start: str) -> None:
    song = new_song(client)
    changed = client.patch(f"/songs/{song['id']}", json={"year": 1}).json()
    client.delete(f"/songs/{song['id']}")
    assert [(each["type"], each["data"]) for each in events(client, start)] == [
        ("song.added", {"before": None, "after": song}),
        ("song.changed", {"before": song, "after": changed}),
        ("song.removed", {"before": changed, "after": None}),
    ]


def test_events_are_filtered_by_what_they_say(client: httpx.Client, start: str) -> None:
    song, other = new_song(client), new_song(client)
    genre = client.post("/genre", json={"name": "Jazz"}).json()
    client.patch(f"/songs/{song['id']}", json={"year": 1})
    subject = f"/songs/{song['id']}"
    for wanted, numbers in (
        ({}, [song["revision"], other["revision"], genre["revision"], genre["revision"] + 1]),
        ({"type": "song.added"}, [song["revision"], other["revision"]]),
        ({"type": "genre.added"}, [genre["revision"]]),
        ({"type": "song.removed"}, []),
        ({"type": "nothing"}, []),
        ({"subject": subject}, [song["revision"], genre["revision"] + 1]),
        ({"subject": subject, "type": "song.changed"}, [genre["revision"] + 1]),
        ({"subject": f"/genres/{genre['id']}"}, [genre["revision"]]),
        ({"resource": "/genres"}, [genre["revision"]]),
        ({"resource": "/songs", "type": "song.changed"}, [genre["revision"] + 1]),
        ({"resource": "/songs", "type": "genre.added"}, []),
        ({"source": "/library", "type": "genre.added"}, [genre["revision"]]),
        ({"source": "/elsewhere"}, []),
    ):
        found = events(client, start, **wanted)
        assert [int(each["id"].rpartition("-")[2]) for each in found] == numbers, wanted
        headers = {"Accept": "text/event-stream"}
        with client.stream("GET", "/events", params={"from": start, **wanted}, headers=headers) as stream:
            pieces, parser = stream.iter_raw(), Parser()
            told: list[Told] = []
            while len(told) < len(numbers):
                told += [each for each in parser.feed(next(pieces)) if each.data is not None]
        assert [each.data for each in told] == found
        assert all(each.kind == "" for each in told)


def test_batches_follow_on_from_each_other(client: httpx.Client, start: str) -> None:
    made = [new_song(client)["revision"] for _ in range(7)]
    found: list[int] = []
    url = f"/events?from={start}&limit=3&type=song.added"
    for size in (3, 3, 1, 0):
        answer = client.get(url)
        assert answer.headers["Content-Type"] == BATCH
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Vary"] == "Accept"
        assert len(answer.json()) == size
        found += [each["data"]["after"]["revision"] for each in answer.json()]
        (url,) = re.findall(r'^<(.*)>; rel="next"$', answer.headers["Link"])
    assert found == made
    late = new_song(client)
    assert [each["data"]["after"] for each in client.get(url).json()] == [late]


def test_what_is_not_looked_for_is_passed_over(client: httpx.Client, start: str) -> None:
    client.post("/songs", json=[{"title": "x"} for _ in range(1200)])
    genre = client.post("/genres", json={"name": "At last"}).json()
    answer = client.get("/events", params={"from": start, "type": "genre.added", "limit": 1})
    assert [each["data"]["after"] for each in answer.json()] == [genre]
    assert answer.headers["Antiphon-Position"].endswith(f"-{genre['revision']}")


def test_it_begins_with_the_oldest_or_with_what_comes(client: httpx.Client) -> None:
    new_song(client)
    oldest = client.get("/events?limit=1").json()
    assert oldest == client.get("/events?limit=1&from=oldest").json()
    assert oldest[0]["id"].endswith("-1")
    assert client.get("/events?from=now").json() == []


@pytest.mark.parametrize("accept", [BATCH, "application/json", "*/*"])
def test_a_batch_is_named_as_it_is_liked(client: httpx.Client, accept: str) -> None:
    answer = client.get("/events?limit=1", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == (BATCH if accept == "*/*" else accept)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("typ=x", "'typ'"),
        ("resource=/song", "'/song'"),
        ("resource=/genre", "'/genre'"),
        ("genre=jazz", "'genre'"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("%ff=1", ""),
    ],
)
def test_what_cannot_be_asked_is_refused(client: httpx.Client, query: str, word: str) -> None:
    for accept in (BATCH, "text/event-stream"):
        if accept != BATCH and query.startswith("limit"):
            continue
        answer = refused(client, f"/events?{query}", Accept=accept)
        assert word in problem(answer, 400, "invalid_query")["detail"]

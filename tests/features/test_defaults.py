"""Defaults of a resource hold in pages, exports, streams and windows alike, and spare single records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.server import Server

PROGRAM = """
from antiphon import Application, Resource, serve


class Chart(Resource, path="/chart"):
    title: str
    window: str = "all"
    plays: int = 0

    defaults = "window=all&order=-plays"


serve(Application(Chart, name="chart"))
"""


@pytest.fixture
def client(serving: Callable[..., Server], tmp_path: Path) -> Any:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    server = serving(program=program)
    with server.client() as client:
        records = [
            {"id": f"{window}-{plays}", "title": "x", "window": window, "plays": plays}
            for plays in range(5)
            for window in ("all", "7d")
        ]
        assert client.put("/chart", json=records).status_code == 200
        yield client


def ids(items: list[Any]) -> list[str]:
    return [each["id"] for each in items]


def stream(client: httpx.Client, url: str, count: int) -> list[tuple[str, Any]]:
    """The first events of a stream: each its kind and data."""
    found: list[tuple[str, Any]] = []
    kind = ""
    with client.stream("GET", url, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200, answer.read()
        for line in answer.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((kind, json.loads(line.removeprefix("data: "))))
                if len(found) == count:
                    break
    return found


def test_pages_and_their_next_links_keep_to_the_defaults(client: httpx.Client) -> None:
    found: list[str] = []
    following: str | None = "/chart?limit=2"
    while following:
        page = client.get(following).json()
        found += ids(page["items"])
        following = page["next"]
    assert found == ["all-4", "all-3", "all-2", "all-1", "all-0"]
    page = client.get("/chart?window=7d&order=plays&limit=2").json()
    assert ids(page["items"]) == ["7d-0", "7d-1"]
    assert ids(client.get(page["next"]).json()["items"]) == ["7d-2", "7d-3"]


def test_an_export_is_of_the_defaults(client: httpx.Client) -> None:
    lines = client.get("/chart", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert ids([json.loads(line) for line in lines]) == ["all-4", "all-3", "all-2", "all-1", "all-0"]


def test_a_record_is_there_whatever_the_defaults(client: httpx.Client) -> None:
    assert client.get("/chart/7d-3").json()["window"] == "7d"
    assert client.get("/chart/7d-3?fields=plays").json()["plays"] == 3


def test_a_stream_without_limit_has_the_filters_and_no_order(client: httpx.Client) -> None:
    events = stream(client, "/chart", 6)
    assert [kind for kind, _ in events] == ["present"] * 5 + ["live"]
    assert {data["id"] for _, data in events[:5]} == {f"all-{plays}" for plays in range(5)}


def test_a_window_has_the_order_too(client: httpx.Client) -> None:
    events = stream(client, "/chart?limit=2", 3)
    assert [data.get("id") for _, data in events] == ["all-4", "all-3", None]
    client.patch("/chart/7d-0", json={"plays": 99}, headers={"Content-Type": "application/merge-patch+json"})
    position = events[-1][1]["position"]
    client.patch("/chart/all-0", json={"plays": 9}, headers={"Content-Type": "application/merge-patch+json"})
    events = stream(client, f"/chart?limit=2&from={position}", 2)
    assert {(kind, data["id"]) for kind, data in events} == {("removed", "all-3"), ("added", "all-0")}

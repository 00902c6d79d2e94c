"""Writers that write everything that can be written, and remember what they were promised."""

import asyncio
import json
import random
from typing import Any
from uuid import uuid4

import httpx
from tests.acceptance.ledger import Entry, Record
from tests.acceptance.stream import number_of

GENRES = (None, "Jazz", "jazz", "Rock", "Élan", "Straße")


class Writer:
    """Writes until the connection fails; `check` then holds its answers against the log.

    All that one request writes has the same `label`: how many records there are to be, and a name.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._ids: list[str] = []
        self.records: list[Record] = []
        self.removed: list[tuple[str, int]] = []
        self.together: list[list[int]] = []
        self.keys: dict[str, tuple[Record, Record | None]] = {}
        self.acknowledged = 0

    async def write(self, client: httpx.AsyncClient) -> None:
        """Write until the connection fails; first, what was not answered the last time."""
        try:
            for key, (body, answer) in list(self.keys.items()):
                if answer is None:
                    await self._create_once(client, key, body)
            while True:
                await self._random.choices(
                    (
                        self._create,
                        self._repeat,
                        self._patch,
                        self._put,
                        self._delete,
                        self._many,
                        self._lines,
                        self._act,
                        self._split,
                        self._refused,
                        self._genre,
                    ),
                    weights=(4, 3, 6, 3, 4, 2, 1, 2, 1, 1, 3),
                )[0](client)
        except httpx.TransportError:
            return

    def check(self, entries: list[Entry]) -> None:
        """Each answer is in the log as it was given; `entries` is the whole log. Forgets what is checked."""
        for record in self.records:
            assert entries[record["revision"] - 1].after == record
        for id, number in self.removed:
            entry = entries[number - 1]
            assert (entry.kind, entry.id) == ("removed", id)
        for numbers in self.together:
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        self.acknowledged += len(self.records) + len(self.removed)
        self.records.clear()
        self.removed.clear()
        self.together.clear()

    def _song(self, label: str = "1 alone", **more: Any) -> Record:
        pick = self._random
        return {
            "title": f"{pick.choice(('Blue', 'blue', 'Bird', 'Öl', 'x'))} {pick.randrange(1000)}",
            "genre": pick.choice(GENRES),
            "label": label,
            "year": pick.choice((None, 1959, 1960, 2001)),
            "length": pick.choice((None, 0.5, 61, 1e300)),
            "live": pick.random() < 0.5,
            "released": pick.choice((None, "1959-08-17")),
            "heard": pick.choice((None, "2026-01-31T12:00:00.123456+01:00")),
            "tags": pick.choice(([], ["a", "é"])),
            **more,
        }

    def _some(self) -> str:
        return self._random.choice(self._ids) if self._ids else "none"

    def _took(self, response: httpx.Response, *statuses: int) -> bool:
        assert response.status_code in (*statuses, 404), response.text
        return response.status_code in statuses

    def _keep(self, record: Record) -> None:
        self.records.append(record)
        self._ids.append(record["id"])

    async def _create(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/songs", json=self._song())
        assert self._took(response, 201)
        self._keep(response.json())

    async def _repeat(self, client: httpx.AsyncClient) -> None:
        if self.keys and self._random.random() < 0.3:
            key = self._random.choice(list(self.keys))
            await self._create_once(client, key, self.keys[key][0])
        else:
            key = str(uuid4())
            await self._create_once(client, key, self._song(label=f"1 {key}"))

    async def _create_once(self, client: httpx.AsyncClient, key: str, body: Record) -> None:
        before = self.keys.setdefault(key, (body, None))[1]
        response = await client.post("/songs", json=body, headers={"Idempotency-Key": key})
        assert response.status_code == 201, response.text
        answer = response.json()
        assert before in (None, answer), "a repeated request was answered in another way"
        assert before is None or response.headers["Idempotency-Replayed"] == "true"
        self.keys[key] = (body, answer)
        self._keep(answer)

    async def _patch(self, client: httpx.AsyncClient) -> None:
        change = self._random.choice(
            ({"genre": None}, {"genre": "Jazz"}, {"year": 1999}, {"title": "Blue", "live": True})
        )
        response = await client.patch(f"/songs/{self._some()}", json=change)
        if self._took(response, 200):
            self.records.append(response.json())

    async def _put(self, client: httpx.AsyncClient) -> None:
        id = self._random.choice((self._some(), f"named-{self._random.randrange(50)}"))
        response = await client.put(f"/songs/{id}", json=self._song())
        assert self._took(response, 200, 201)
        self._keep(response.json())

    async def _delete(self, client: httpx.AsyncClient) -> None:
        id = self._some()
        response = await client.delete(f"/songs/{id}")
        if self._took(response, 204):
            self.removed.append((id, number_of(response.headers["Antiphon-Position"])))

    async def _many(self, client: httpx.AsyncClient) -> None:
        size = self._random.randrange(2, 30)
        label = f"{size} {uuid4()}"
        response = await client.post("/songs", json=[self._song(label) for _ in range(size)])
        assert self._took(response, 201)
        self._kept_together(response.json()["items"])

    async def _lines(self, client: httpx.AsyncClient) -> None:
        size = self._random.randrange(2, 60)
        label = f"{size} {uuid4()}"
        body = "\n".join(json.dumps(self._song(label)) for _ in range(size))
        response = await client.post("/songs", content=body, headers={"Content-Type": "application/x-ndjson"})
        assert self._took(response, 201)
        self._kept_together([json.loads(line) for line in response.text.splitlines()])

    async def _act(self, client: httpx.AsyncClient) -> None:
        response = await client.post(f"/songs/{self._some()}/rename", json={"title": "Renamed"})
        if self._took(response, 200):
            self.records.append(response.json())

    async def _split(self, client: httpx.AsyncClient) -> None:
        id = self._some()
        response = await client.post(f"/songs/{id}/split", json={"titles": ["One", "Two", "Three"]})
        if self._took(response, 200):
            records = response.json()
            self._kept_together(records)
            self.removed.append((id, records[0]["revision"] - 1))

    async def _genre(self, client: httpx.AsyncClient) -> None:
        response = await client.put(
            f"/genre/{self._random.randrange(5)}", json={"name": f"Blue {self._random.random()}"}
        )
        assert self._took(response, 200, 201)
        self.records.append(response.json())

    async def _refused(self, client: httpx.AsyncClient) -> None:
        body = [self._song("never 0"), self._song("never 1", year="x")]
        response = await client.post("/songs", json=body)
        assert response.status_code == 422, response.text

    def _kept_together(self, records: list[Record]) -> None:
        for record in records:
            self._keep(record)
        self.together.append([record["revision"] for record in records])


async def write_at_once(writers: list[Writer], client: httpx.AsyncClient) -> None:
    """All `writers` write, side by side, until the connection fails."""
    async with asyncio.TaskGroup() as group:
        for writer in writers:
            group.create_task(writer.write(client))


def check_transactions(entries: list[Entry]) -> None:
    """Of each request that writes several records all are there, one after the other, or none."""
    found: dict[str, list[int]] = {}
    for entry in entries:
        if entry.kind == "added" and entry.after is not None and entry.after.get("label"):
            found.setdefault(entry.after["label"], []).append(entry.number)
    for label, numbers in found.items():
        assert not label.startswith("never"), "a refused request was carried out"
        if label != "1 alone":
            assert numbers == list(range(numbers[0], numbers[0] + int(label.split()[0]))), label

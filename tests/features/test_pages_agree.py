"""Pages, kept or new, and open ones, show what the API says to the same caller at the same moment."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.features.pages import HTML, Watching, asking, by_name, named, shown

from antiphon import (
    Access,
    Application,
    Ask,
    Membership,
    Pages,
    Resource,
    Services,
    Settings,
    anyone,
    caller,
    field,
    where,
)

PEOPLE = (None, "ana", "ben", "eva")
GROUPS = ("choir", "band")
TEMPLATE = """{% extends "layout.html" %}{% block main %}
<p>Seen by {{ who }}</p>
{% block live_notes %}
<ul id="live-notes">{% for note in notes %}<li>{{ note.text }}</li>{% endfor %}</ul>
{% endblock %}
{% block live_count %}<p id="live-count">{{ count }} and {{ places }}</p>{% endblock %}
{% endblock %}"""


class Member(Resource):
    person: str = field(index=True)
    group: str

    access = Access(read=anyone, create=anyone, update=anyone, delete=anyone)


class Note(Resource):
    text: str
    owner: str | None = field(default=None, index=True)
    audience: str | None = field(default=None, index=True)

    access = Access(
        read=where(owner=caller.id) | where(audience="all") | where(audience=caller.groups),
        create=anyone,
        update=anyone,
        delete=anyone,
    )


class Place(Resource):
    name: str


@asynccontextmanager
async def serving(
    folder: Path, **settings: Any
) -> AsyncIterator[tuple[Services, httpx.AsyncClient, list[str]]]:
    """Notes and places, one page over both, and a list of each making of the page."""
    (folder / "desk.html").write_text(TEMPLATE)
    made: list[str] = []
    pages = Pages(templates=folder)

    @pages.view("/desk", template="desk.html")
    async def desk(ask: Ask) -> dict[str, Any]:
        made.append(ask.url)
        notes = await ask.page("/notes", order="id", limit=100)
        who = ask.caller.id if "named" in ask.query else "somebody"
        counted = await ask.count("/notes"), await ask.count("/places")
        return {"notes": notes, "count": counted[0], "places": counted[1], "who": who}

    @pages.view("/places-only", template="desk.html")
    async def places(ask: Ask) -> dict[str, Any]:
        made.append(ask.url)
        found = await ask.page("/places")
        notes = [{"text": each["name"]} for each in found]
        return {"notes": notes, "count": 0, "places": len(found), "who": "anybody"}

    @pages.view("/members-only", template="desk.html")
    async def members(ask: Ask) -> dict[str, Any]:
        made.append(ask.url)
        found = await ask.page("/members")
        notes = [{"text": each["person"]} for each in found]
        return {"notes": notes, "count": 0, "places": 0, "who": "anybody"}

    notes = Application(
        Note,
        Member,
        name="notes",
        identify=by_name,
        groups=Membership(Member, member="person", group="group"),
    )
    app = Services(
        notes,
        Application(Place, name="places", identify=by_name),
        pages=pages,
        settings=Settings(data=str(folder), log_level="error", **settings),
    )
    async with asking(app) as client:
        yield app, client, made


@pytest.mark.parametrize("room", [64_000_000, 0])
def test_pages_show_what_the_api_says(tmp_path: Path, room: int) -> None:
    chance = random.Random(7)

    async def check() -> None:
        async with serving(tmp_path, answer_bytes=room) as (app, client, _):
            watching = {name: Watching(app, name) for name in PEOPLE}
            notes: list[str] = []
            members: list[str] = []
            for step in range(150):
                match chance.randrange(6):
                    case 0 | 1:
                        note = {
                            "text": f"n{step}",
                            "owner": chance.choice(PEOPLE),
                            "audience": chance.choice((None, "all", *GROUPS)),
                        }
                        notes.append((await client.post("/notes", json=note)).headers["Location"])
                    case 2 if notes:
                        change = {"audience": chance.choice((None, "all", *GROUPS)), "text": f"c{step}"}
                        await patch(client, chance.choice(notes), change)
                    case 3 if notes:
                        await remove(client, notes.pop(chance.randrange(len(notes))))
                    case 4:
                        member = {"person": chance.choice(PEOPLE[1:]), "group": chance.choice(GROUPS)}
                        members.append((await client.post("/members", json=member)).headers["Location"])
                    case 5 if members:
                        await client.delete(members.pop(chance.randrange(len(members))))
                    case _:
                        await client.post("/places", json={"name": f"p{step}"})
                for name in chance.sample(PEOPLE, 2):
                    said = await client.get("/notes?order=id&limit=100", headers=named(name))
                    page = await client.get("/desk", headers={**HTML, **named(name)})
                    assert shown(page.text) == [each["text"] for each in said.json()["items"]], (step, name)
            for name in PEOPLE:
                now = (await client.get("/desk", headers={**HTML, **named(name)})).text
                for _ in range(100):
                    if all(part in now for part in watching[name].parts.values()):
                        break
                    await asyncio.sleep(0.02)
                assert watching[name].parts.keys() == {"live-notes", "live-count"}
                assert all(part in now for part in watching[name].parts.values()), name
                await watching[name].leave()

    asyncio.run(check())


async def patch(client: httpx.AsyncClient, place: str, change: dict[str, Any]) -> None:
    """Change a note as one who may see it does."""
    for name in PEOPLE:
        answer = await client.patch(place, json=change, headers=named(name))
        if answer.status_code == 200:
            return


async def remove(client: httpx.AsyncClient, place: str) -> None:
    """Remove a note as one who may see it does."""
    for name in PEOPLE:
        if (await client.delete(place, headers=named(name))).status_code == 204:
            return


def test_those_who_see_the_same_share_a_page_and_others_do_not(tmp_path: Path) -> None:
    async def check() -> None:
        async with serving(tmp_path) as (_, client, made):
            for name in PEOPLE * 3:
                page = await client.get("/places-only", headers={**HTML, **named(name)})
                assert page.headers["Cache-Control"] == "no-cache"
            assert made == ["/places-only"]
            await client.post("/places", json={"name": "here"})
            for name in PEOPLE:
                assert shown((await client.get("/places-only", headers={**HTML, **named(name)})).text) == [
                    "here"
                ]
            assert len(made) == 2
            await client.post("/notes", json={"text": "of no concern", "audience": "all"})
            await client.get("/places-only", headers=HTML)
            assert len(made) == 2
            made.clear()
            for name in ("ana", "ben", "ana"):
                page = await client.get("/desk?named", headers={**HTML, **named(name)})
                assert f"Seen by {name}" in page.text
                assert "private" in page.headers["Cache-Control"]

    asyncio.run(check())


def test_of_many_who_ask_at_once_one_makes_the_page(tmp_path: Path) -> None:
    async def check() -> None:
        async with serving(tmp_path) as (_, client, made):
            await client.get("/places-only", headers=HTML)
            await client.post("/places", json={"name": "here"})
            made.clear()
            pages = await asyncio.gather(*(client.get("/places-only", headers=HTML) for _ in range(40)))
            assert {tuple(shown(page.text)) for page in pages} == {("here",)}
            assert len(made) == 1

    asyncio.run(check())


def test_a_page_that_stands_while_much_else_happens_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More changes than are kept in memory go by; none concerns the page."""

    async def check() -> None:
        async with serving(tmp_path) as (app, client, made):
            await client.get("/members-only", headers=HTML)
            notes = [{"text": f"n{number}"} for number in range(1200)]
            assert (await client.post("/notes", json=notes)).status_code == 201
            service = app.applications[0].service
            assert await service.live.reached(1200, 5)
            kept = app._front._site.kept
            looks: list[str] = []
            find = kept.find

            async def counted(url: str, *others: Any) -> Any:
                looks.append(url)
                return await find(url, *others)

            monkeypatch.setattr(kept, "find", counted)
            watching = Watching(app, None, b"page=/members-only")
            await asyncio.sleep(0.5)
            assert watching.parts.keys() == {"live-notes", "live-count"}
            assert made == looks == ["/members-only"]
            await client.post("/members", json={"person": "here", "group": "band"})
            await asyncio.sleep(0.5)
            assert len(made) == 2
            assert "here" in watching.parts["live-notes"]
            await watching.leave()

    asyncio.run(check())


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    async def check() -> None:
        async with serving(tmp_path, answer_bytes=1_000_000) as (app, client, _):
            kept = app._front._site.kept
            for number in range(200):
                await client.get(f"/places-only?{number}", headers=HTML)
            assert 0 < len(kept) < 100
            assert kept._bytes <= 250_000
            assert len(kept._shapes) == len(kept)
            await client.post("/places", json={"name": "here"})
            assert (len(kept), kept._bytes, kept._shapes) == (0, 0, {})
            for application in app.applications:
                assert not application.service.live._watchers

    asyncio.run(check())

"""Pages beside what else is at their addresses, and what they may not cost."""

import asyncio
import time
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.features.pages import HTML, Watching, asking, by_name, named

from antiphon import (
    Access,
    Application,
    Ask,
    Membership,
    Pages,
    Ref,
    Resource,
    Settings,
    anyone,
    field,
    group,
    nobody,
)
from antiphon.faces.html.pace import AT_ONCE, REST, Pace

FORM = {**HTML, "Content-Type": "application/x-www-form-urlencoded"}


class Member(Resource):
    person: str = field(index=True)
    group: str

    access = Access(read=anyone, create=anyone, update=anyone, delete=anyone)


class Club(Resource):
    name: str

    access = Access(read=group("staff"), create=anyone, update=anyone, delete=anyone)


class Task(Resource):
    title: str
    club: Ref[Club] | None = None


class Paper(Resource):
    title: str

    access = Access(read=anyone, create=group("staff"), update=group("staff"), delete=nobody)


async def index(request: Request) -> Response:
    """The program's own beginning."""
    return PlainTextResponse("our own")


async def export(request: Request) -> Response:
    """All of it."""
    return Response("a,b", media_type="text/csv")


async def echo(request: Request) -> Response:
    """What came."""
    body = await request.body()
    if b"refuse" in body:
        raise RuntimeError("a mistake")
    kind = request.query_params.get("kind", "text/csv")
    return Response(body, media_type=kind)


def served(folder: Path, pages: Pages | None = None, **settings: Any) -> Application:
    return Application(
        Task,
        Club,
        Paper,
        Member,
        name="club",
        identify=by_name,
        groups=Membership(Member, member="person", group="group"),
        routes=[
            Route("/", index),
            Route("/tasks/export", export),
            Route("/echo", echo, methods=["POST", "DELETE"]),
        ],
        pages=pages,
        settings=Settings(data=str(folder), log_level="error", **settings),
    )


def test_routes_of_the_programs_own_come_before_the_toolkits_pages(tmp_path: Path) -> None:
    async def check() -> None:
        app = served(tmp_path)
        async with asking(app) as client:
            for _ in range(2):
                assert (await client.get("/", headers=HTML)).text == "our own"
                assert (await client.get("/tasks/export", headers=HTML)).text == "a,b"
                assert "<h1>Tasks</h1>" in (await client.get("/tasks", headers=HTML)).text
                opened = Watching(app, None, b"page=/")
                await opened.task
                assert opened.parts == {}

    asyncio.run(check())


def test_what_refers_to_what_one_may_not_see_is_seen_all_the_same(tmp_path: Path) -> None:
    async def check() -> None:
        app = served(tmp_path)
        async with asking(app) as client:
            await client.put("/clubs/c1", json={"name": "Secret society"})
            member = await client.post("/members", json={"person": "ann", "group": "staff"})
            made = await client.post("/tasks", json={"title": "Meet", "club": "c1"}, headers=named("ann"))
            for url in ("/tasks", made.headers["Location"], "/tasks/new", made.headers["Location"] + "/edit"):
                for name in (None, "ben"):
                    page = await client.get(url, headers={**HTML, **named(name)})
                    assert page.status_code == 200, url
                    assert "Secret" not in page.text
                assert "Secret society" in (await client.get(url, headers={**HTML, **named("ann")})).text
            await client.delete(member.headers["Location"])
            assert "Secret" not in (await client.get("/tasks", headers={**HTML, **named("ann")})).text

    asyncio.run(check())


def test_what_groups_may_do_is_offered_to_those_who_are_in_them_now(tmp_path: Path) -> None:
    async def check() -> None:
        async with asking(served(tmp_path)) as client:
            ann = {**HTML, **named("ann")}
            for _ in range(2):
                assert "/papers/new" not in (await client.get("/papers", headers=ann)).text
                member = await client.post("/members", json={"person": "ann", "group": "staff"})
                assert "/papers/new" in (await client.get("/papers", headers=ann)).text
                await client.delete(member.headers["Location"])

    asyncio.run(check())


def test_settings_that_are_tight_break_no_page(tmp_path: Path) -> None:
    async def check() -> None:
        async with asking(served(tmp_path, max_page_size=5, page_size=5, max_filter_terms=3)) as client:
            await client.post("/members", json={"person": "ann", "group": "staff"})
            ann = {**HTML, **named("ann")}
            for number in range(8):
                await client.put(f"/clubs/c{number}", json={"name": f"Club {number}"})
                task = {"title": f"t{number}", "club": f"c{number}"}
                made = await client.post("/tasks", json=task, headers=named("ann"))
            for url in ("/tasks", made.headers["Location"], "/tasks/new", made.headers["Location"] + "/edit"):
                assert (await client.get(url, headers=ann)).status_code == 200, url

    asyncio.run(check())


def test_a_form_reaches_a_route_as_it_was_sent(tmp_path: Path) -> None:
    async def check() -> None:
        async with asking(served(tmp_path)) as client:
            for body in (b"a=1&a=2&b=x%0D%0Ay&revision=7", b"&".join([b"a=b"] * 500), b"a=%ff&c", b""):
                answer = await client.post("/echo", content=body, headers=FORM)
                assert (answer.status_code, answer.content) == (200, body)
            long = b"_next=/tasks" + b"&a=1" * 2000
            assert (await client.post("/echo", content=long, headers=FORM)).status_code == 400
            body = b"a=1&_next=%2Ftasks&a=2&_from=/tasks&_method=delete&b=3"
            answer = await client.post("/echo", content=body, headers=FORM)
            assert (answer.status_code, answer.content) == (200, b"a=1&a=2&b=3")
            json = await client.post("/echo?kind=application/json", content=body, headers=FORM)
            assert (json.status_code, json.headers["Location"]) == (303, "/tasks")
            failed = await client.post("/echo", content=b"refuse", headers=FORM)
            assert failed.status_code == 500
            assert failed.text.startswith("<!doctype html>")

    asyncio.run(check())


def test_a_problem_page_has_what_is_around_every_page(tmp_path: Path) -> None:
    async def check() -> None:
        async with asking(served(tmp_path)) as client:
            page = (await client.get("/nowhere", headers=HTML)).text
            assert 'id="nav"' in page
            assert "data-page" not in page
            for url in ("/tasks?x=%ff", "/%ff?x=%ff"):
                answer = await client.get(url, headers=HTML)
                assert answer.status_code in (400, 404)
                assert 'id="nav"' in answer.text

    asyncio.run(check())


def test_a_problem_page_needs_no_template_that_works(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("{{ nothing.at_all }}{% block main %}{% endblock %}")

    async def check() -> None:
        async with asking(served(tmp_path, Pages(templates=tmp_path))) as client:
            page = await client.get("/nowhere", headers=HTML)
            assert page.status_code == 404
            assert "<code>not_found</code>" in page.text
            broken = await client.get("/tasks", headers=HTML)
            assert broken.status_code == 500
            assert "<code>internal</code>" in broken.text

    asyncio.run(check())


def test_a_problem_that_ends_the_connection_is_told_at_once(tmp_path: Path) -> None:
    async def check() -> None:
        app = served(tmp_path, max_body_bytes=1000)
        async with asking(app):
            sent: list[dict[str, Any]] = []
            headers = [(name.lower().encode(), value.encode()) for name, value in FORM.items()]
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/tasks",
                "raw_path": b"/tasks",
                "root_path": "",
                "query_string": b"",
                "headers": [*headers, (b"content-length", b"5000"), (b"host", b"test")],
                "http_version": "1.1",
                "scheme": "http",
                "client": ("test", 1),
            }
            never = asyncio.Event()

            async def receive() -> dict[str, Any]:
                await never.wait()
                return {}

            async def send(message: dict[str, Any]) -> None:
                sent.append(message)

            answering = asyncio.ensure_future(app(scope, receive, send))
            await asyncio.sleep(0.3)
            assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"]
            assert sent[0]["status"] == 413
            assert b"too_large" in sent[1]["body"]
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    asyncio.run(check())


def test_open_pages_are_bounded_for_each_who_has_them(tmp_path: Path) -> None:
    async def check() -> None:
        app = served(tmp_path, max_open_pages=3)
        async with asking(app):
            held = [Watching(app, None, b"page=/tasks?limit%%3D%d" % (10 + number)) for number in range(3)]
            others = Watching(app, "ann", b"page=/tasks")
            await asyncio.sleep(0.2)
            assert all(each.parts for each in (*held, others))
            refused = Watching(app, None, b"page=/tasks")
            await refused.task
            assert (refused.status, refused.parts) == (429, {})
            await held.pop().leave()
            again = Watching(app, None, b"page=/tasks")
            await asyncio.sleep(0.2)
            assert again.parts
            for each in (*held, others, again):
                await each.leave()

    asyncio.run(check())


def test_many_different_open_pages_leave_room_for_others(tmp_path: Path) -> None:
    """Sixty pages, each another, and changes all the while: who asks is answered in between."""

    async def check() -> None:
        app = served(tmp_path)
        async with asking(app) as client:
            tasks = [{"title": f"t{number}"} for number in range(50)]
            await client.post("/tasks", json=tasks)
            held = [Watching(app, None, b"page=/tasks?order=title%%26limit=%d" % (40 + n)) for n in range(60)]
            await asyncio.sleep(1)
            longest = 0.0
            for number in range(20):
                await client.post("/tasks", json={"title": f"a{number}"})
                for _ in range(5):
                    began = time.thread_time()  # what others on this machine do is of no account
                    await asyncio.sleep(0.001)
                    longest = max(longest, time.thread_time() - began)
            assert longest < 0.1
            for _ in range(100):
                if all("a19" in each.parts.get("live-records", "") for each in held):
                    break
                await asyncio.sleep(0.1)
            assert all("a19" in each.parts["live-records"] for each in held)
            for each in held:
                await each.leave()

    asyncio.run(check())


def test_a_part_that_comes_or_goes_has_the_page_loaded_anew(tmp_path: Path) -> None:
    (tmp_path / "desk.html").write_text(
        '{% extends "layout.html" %}{% block main %}'
        '{% block live_one %}<p id="live-one">{{ count }}</p>{% endblock %}'
        '{% if count %}{% block live_two %}<p id="live-two">{{ count }}</p>{% endblock %}{% endif %}'
        "{% endblock %}"
    )
    pages = Pages(templates=tmp_path)

    @pages.view("/desk", template="desk.html")
    async def desk(ask: Ask) -> dict[str, Any]:
        return {"count": await ask.count("/tasks")}

    async def check() -> None:
        app = served(tmp_path, pages)
        async with asking(app) as client:
            watching = Watching(app, None, b"page=/desk")
            await asyncio.sleep(0.2)
            assert watching.kinds == ["part", "live"]
            made = await client.post("/tasks", json={"title": "one"})
            await asyncio.sleep(0.2)
            assert watching.kinds[2:] == ["main", "part"]
            await client.delete(made.headers["Location"])
            await asyncio.sleep(0.3)
            assert watching.kinds[4:] == ["main", "part"]
            await watching.leave()

    asyncio.run(check())


def test_those_who_have_pages_open_take_turns() -> None:
    async def check() -> None:
        pace, told = Pace(), []

        async def one(who: str) -> None:
            async with pace.turn(who):
                told.append(who)

        many = [asyncio.ensure_future(one("many")) for _ in range(50)]
        await asyncio.sleep(0)
        few = asyncio.ensure_future(one("few"))
        gone = [asyncio.ensure_future(one("gone")) for _ in range(5)]
        await asyncio.sleep(0)
        for each in gone:
            each.cancel()
        await asyncio.gather(few, *many)
        assert told.index("few") <= 4
        assert "gone" not in told
        await asyncio.sleep(0.05)
        assert pace._free == AT_ONCE

    asyncio.run(check())


def test_the_pace_gives_others_most_of_the_time() -> None:
    async def check() -> None:
        pace = Pace()
        loop = asyncio.get_running_loop()
        began, longest = loop.time(), 0.0

        async def busy() -> None:
            async with pace.turn("one"):
                until = time.thread_time() + 0.01
                while time.thread_time() < until:
                    pass

        work = asyncio.gather(*(busy() for _ in range(12)))
        while not work.done():
            before = time.thread_time()  # what others on this machine do is of no account
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)
        assert loop.time() - began >= 5 * 0.01 * (1 + REST) - 0.02
        assert longest < 0.05

    asyncio.run(check())

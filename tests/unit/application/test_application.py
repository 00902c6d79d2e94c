import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from antiphon import Application, Caller, Resource, Settings, caller_of, takes
from antiphon.errors import DeclarationError, NotFound, Unavailable
from antiphon.store.sqlite.connection import connect
from antiphon.store.sqlite.retention import prune


class Task(Resource):
    title: str
    done: bool = False


class Other(Resource, paths=("/others", "/tasks")):
    title: str


class Log(Resource, path="/events"):
    title: str


async def first(request: Request) -> PlainTextResponse:
    task = await request.app.get(Task, request.path_params["id"])
    return PlainTextResponse(task.title)


async def teapot(request: Request) -> None:
    """Whether this is a teapot.

    It is, and says so.
    """
    raise HTTPException(418, "I'm a teapot", headers={"X-Pot": "tea"})


async def broken(request: Request) -> None:
    raise RuntimeError("a mistake")


@asynccontextmanager
async def started(folder: Path, **settings: Any) -> AsyncIterator[tuple[Application, httpx.AsyncClient]]:
    """An application under plain ASGI, as any server runs it, and a client of it."""
    routes = [Route("/tasks/{id}/title", first), Route("/teapot", teapot), Route("/broken", broken)]
    app = Application(Task, name="tasks", routes=routes, settings=Settings(data=str(folder), **settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield app, client


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[None]:
    """The lifespan of an application."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    life = asyncio.ensure_future(app({"type": "lifespan"}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    yield
    await told.put({"type": "lifespan.shutdown"})
    assert (await said.get())["type"] == "lifespan.shutdown.complete"
    await life


def test_it_serves_under_plain_asgi(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (app, client):
            made = await client.post("/tasks", json={"title": "Tune"})
            assert made.status_code == 201
            task = await app.get(Task, made.json()["id"])
            assert task.title == "Tune"
            with pytest.raises(NotFound):
                await app.get(Task, "nobody")
            assert (await client.get(f"/tasks/{task.id}/title")).text == "Tune"
            missing = await client.get("/tasks/nobody/title")
            assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
            pot = await client.get("/teapot")
            assert (pot.status_code, pot.headers["X-Pot"]) == (418, "tea")
            assert pot.headers["Content-Type"] == "application/problem+json"
            failed = await client.get("/broken")
            assert (failed.status_code, failed.json()["code"]) == (500, "internal")
            assert "mistake" not in failed.text
            assert (await client.get("/nothing")).json()["code"] == "not_found"
            refused = await client.post(f"/tasks/{task.id}/title")
            assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
            allowed = await client.options(f"/tasks/{task.id}/title")
            assert (allowed.status_code, allowed.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
            paths = (await client.get("/openapi.json")).json()["paths"]
            assert paths["/teapot"]["get"]["summary"] == "Whether this is a teapot"
            assert paths["/teapot"]["get"]["description"] == "It is, and says so."
            assert paths["/tasks/{id}/title"].keys() == {"get", "head"}
            assert [each["name"] for each in paths["/tasks/{id}/title"]["get"]["parameters"]] == ["id"]
            assert (await client.get("/health/ready")).text == "ready\n"
            app.drain()
            assert (await client.get("/health/ready")).status_code == 503
            assert (await client.get("/tasks")).status_code == 200

    asyncio.run(check())


def streaming(path: str, query: bytes = b"") -> dict[str, Any]:
    """The scope of a request for an event stream, under a server that lends nothing."""
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(b"accept", b"text/event-stream"), (b"host", b"test")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
    }


class Followed:
    """One who follows over plain ASGI, message by message."""

    def __init__(self, app: Application, path: str, query: bytes = b"") -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.task = asyncio.ensure_future(app(streaming(path, query), self._receive, self.messages.put))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def leave(self) -> None:
        self._gone.set()

    async def body(self) -> bytes:
        async with asyncio.timeout(5):
            message = await self.messages.get()
            while not message.get("body"):
                message = await self.messages.get()
        body: bytes = message["body"]
        return body


async def followed_by(app: Application, count: int) -> None:
    """Wait until `count` followers are live."""
    for _ in range(500):
        if app.service.live.followers == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{app.service.live.followers} followers, not {count}")


def test_it_streams_under_plain_asgi(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path, heartbeat_seconds=30) as (app, client):
            await client.post("/tasks", json={"title": "There"})
            stream = Followed(app, "/tasks")
            start = await stream.messages.get()
            assert (start["status"], start["type"]) == (200, "http.response.start")
            assert (await stream.body()).startswith(b"event: present\ndata: ")
            assert (await stream.body()).startswith(b"event: live\nid: ")
            made = (await client.post("/tasks", json={"title": "New"})).json()
            told = await stream.body()
            assert told.startswith(b"event: added\nid: ")
            assert msgspec.json.decode(told.partition(b"data: ")[2]) == made
            stream.leave()
            await stream.task
            assert app.service.live.followers == 0
            ended = Followed(app, "/events", b"from=now")
            await ended.body()
            await followed_by(app, 1)
            app.drain()
            assert await ended.body() == b"retry: 1000\n\n"
            await ended.task
            late = Followed(app, "/tasks")
            assert (await late.messages.get())["status"] == 503
            await late.task

    asyncio.run(check())


def test_one_who_does_not_take_what_is_told_is_cut_under_plain_asgi(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path, follower_bytes=1000) as (app, client):
            taking, never = asyncio.Event(), asyncio.Event()

            async def send(message: dict[str, Any]) -> None:
                if b"added" in message.get("body", b""):
                    await taking.wait()

            async def receive() -> dict[str, Any]:
                await never.wait()
                return {"type": "http.disconnect"}

            task = asyncio.ensure_future(app(streaming("/tasks"), receive, send))
            await followed_by(app, 1)
            for number in range(50):
                await client.post("/tasks", json={"title": f"Task {number} " + "x" * 100})
            taking.set()
            await asyncio.wait([task], timeout=5)
            assert task.done()
            assert app.service.live.followers == 0

    asyncio.run(check())


def test_nothing_is_answered_before_the_start(tmp_path: Path) -> None:
    app = Application(Task, settings=Settings(data=str(tmp_path)))
    with pytest.raises(Unavailable):
        _ = app.service
    app.drain()  # nothing to drain

    async def check() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            answer = await client.get("/tasks")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert (await client.get("/health/live")).status_code == 200

    asyncio.run(check())


def test_a_store_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "tasks.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    app = Application(Task, name="tasks", settings=Settings(data=str(tmp_path)))
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert said[0]["type"] == "lifespan.startup.failed"
    assert "tasks.db" in said[0]["message"]


def test_what_is_not_http_is_closed() -> None:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    asyncio.run(Application(Task)({"type": "websocket"}, receive, send))
    assert said == [{"type": "websocket.close", "code": 1001}]


def test_resources_that_cannot_be_served_together_are_refused() -> None:
    with pytest.raises(DeclarationError, match="no resource"):
        Application()
    with pytest.raises(DeclarationError, match=r"Other has the path /tasks, which Task has"):
        Application(Task, Other)
    with pytest.raises(DeclarationError, match="Antiphon has"):
        Application(Log)
    assert Application(Task, name="band-tools").title == "Band-Tools"
    assert Application(Task, title="The tasks").title == "The tasks"


class Opening(Struct):
    title: str
    secret: Annotated[str, Meta(min_length=8)] = "long enough"


@takes(Opening, form=True)
async def open_task(request: Request, opening: Opening) -> PlainTextResponse:
    """Make a task in another way."""
    app: Application = request.app
    who = caller_of(request)
    task, position = await app.write(
        lambda tx: tx.create(Task(title=f"{opening.title} by {tx.caller}")), request
    )
    assert await app.find(Task, title=task.title) is not None
    assert await app.find(Task, title="nothing") is None
    return PlainTextResponse(f"{who.id} {task.title}", 201, {"Antiphon-Position": str(position)})


@asynccontextmanager
async def with_own_routes(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    routes = [
        Route("/tasks", open_task, methods=["POST"]),
        Route("/tasks/{id}", first, methods=["DELETE"]),
    ]
    app = Application(
        Task,
        name="tasks",
        routes=routes,
        identify=lambda scope: Caller("ana"),
        settings=Settings(data=str(folder)),
    )
    async with (
        running(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


def test_a_route_at_a_resources_address_takes_its_methods_and_leaves_the_others(tmp_path: Path) -> None:
    async def check() -> None:
        async with with_own_routes(tmp_path) as client:
            made = await client.post("/tasks", json={"title": "Tune"})
            assert (made.status_code, made.text) == (201, "ana Tune by ana")
            listed = await client.get(
                "/tasks", headers={"Antiphon-Min-Position": made.headers["Antiphon-Position"]}
            )
            (task,) = listed.json()["items"]
            assert (await client.get(f"/tasks/{task['id']}")).json() == task
            assert (await client.delete(f"/tasks/{task['id']}")).text == "Tune by ana"
            changed = await client.patch(f"/tasks/{task['id']}", json={"done": True})
            assert changed.json()["done"] is True
            assert (await client.options("/tasks")).status_code == 204
            paths = (await client.get("/openapi.json")).json()["paths"]
            assert paths["/tasks"]["post"]["summary"] == "Make a task in another way"
            content = paths["/tasks"]["post"]["requestBody"]["content"]
            assert content.keys() == {"application/json", "application/x-www-form-urlencoded"}
            assert content["application/json"]["schema"]["required"] == ["title"]
            assert content["application/json"]["schema"]["properties"]["secret"]["minLength"] == 8
            assert "operationId" in paths["/tasks"]["get"]

    asyncio.run(check())


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"title": "Tune"}', 201),
        ("application/x-www-form-urlencoded", b"title=Tune&secret=long+enough", 201),
        ("application/x-www-form-urlencoded", b"title=%ff", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(200)), 400),
        ("application/x-www-form-urlencoded", b"secret=long+enough", 422),
        ("application/json", b'{"title": "Tune", "secret": "hush"}', 422),
        ("application/json", b'{"title": "Tune", "secret": "hush', 400),
        ("application/json", b"[" * 100_000, 422),
        ("application/json", b"\xff", 400),
        ("text/plain", b"Tune", 415),
    ],
)
def test_a_body_for_a_route_of_ones_own_is_held_to_its_type(
    tmp_path: Path, kind: str, body: bytes, status: int
) -> None:
    async def check() -> None:
        async with with_own_routes(tmp_path) as client:
            answer = await client.post("/tasks", content=body, headers={"Content-Type": kind})
            assert answer.status_code == status
            assert "hush" not in answer.text

    asyncio.run(check())


def test_the_oldest_entry_may_go_while_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        async with started(tmp_path) as (app, client):
            for _ in range(3):
                assert (await client.post("/tasks", json={"title": "Tune"})).status_code == 201
            kept = app.service.log_since

            async def late(*arguments: Any) -> Any:
                connection = connect(tmp_path / "tasks.db", writes=True)
                prune(connection, Settings(retention_bytes=1))
                connection.close()
                return await kept(*arguments)

            monkeypatch.setattr(app.service, "log_since", late)
            answer = await client.get("/events")
            assert [each["id"][-2:] for each in answer.json()] == ["-3"]
            gone = await client.get(f"/events?from={answer.json()[0]['id'][:-1]}1")
            assert gone.json()["code"] == "position_gone"

    asyncio.run(check())

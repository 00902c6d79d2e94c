import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

from antiphon import (
    Access,
    Application,
    Change,
    Resource,
    Services,
    Settings,
    Tokens,
    Transaction,
    nobody,
    react,
)
from antiphon.errors import DeclarationError, SettingError


class Order(Resource):
    thing: str


class Thing(Resource):
    name: str


class Copy(Resource, path="/copies"):
    name: str
    access = Access(nobody, nobody, nobody, nobody)


async def answer(request: Request) -> PlainTextResponse:
    """The name of the application that answers."""
    return PlainTextResponse(request.app.name)


def shop(**more: Any) -> Application:
    return Application(Order, Copy, name="shop", **more)


def stock(**more: Any) -> Application:
    routes = [Route("/things/{id}/who", answer), Route("/.well-known/stock", answer), Route("/", answer)]
    return Application(Thing, Copy, name="stock", routes=routes, **more)


class Run:
    """A lifespan under plain ASGI, as any server runs it."""

    def __init__(self, app: Any) -> None:
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.ensure_future(app({"type": "lifespan"}, self._told.get, self.said.put))
        self._told.put_nowait({"type": "lifespan.startup"})

    async def stop(self) -> None:
        self._told.put_nowait({"type": "lifespan.shutdown"})
        assert (await self.said.get())["type"] == "lifespan.shutdown.complete"
        await self.task


def client_of(app: Any, **options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@asynccontextmanager
async def started(folder: Path, **settings: Any) -> AsyncIterator[tuple[Services, httpx.AsyncClient]]:
    app = Services(shop(), stock(), settings=Settings(data=str(folder), **settings))
    run = Run(app)
    assert (await run.said.get())["type"] == "lifespan.startup.complete"
    async with client_of(app) as client:
        yield app, client
    await run.stop()


def test_each_path_is_answered_by_whose_it_is(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (_, client):
            order = await client.post("/orders", json={"thing": "drum"})
            assert order.headers["Location"] == f"/orders/{order.json()['id']}"
            thing = await client.post("/services/stock/things", json={"name": "drum"})
            place = f"/things/{thing.json()['id']}"
            assert thing.headers["Location"] == f"/services/stock{place}"
            for path in (place, thing.headers["Location"]):
                assert (await client.get(path)).json() == thing.json()
                assert (await client.get(path + "/who")).text == "stock"
            assert (await client.get("/things.ndjson")).json() == thing.json()
            assert (await client.get("/.well-known/stock")).text == "stock"
            assert (await client.get("/")).text == "stock"
            # Positions are each service's own.
            assert thing.headers["Antiphon-Position"] != order.headers["Antiphon-Position"]

    asyncio.run(check())
    assert sorted(each.name for each in tmp_path.glob("*.db")) == ["shop.db", "stock.db"]


def test_links_of_a_service_that_is_asked_for_stay_in_it(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (_, client):
            for name in ("one", "two"):
                await client.post("/things", json={"name": name})
            for base in ("", "/services/stock"):
                page = (await client.get(f"{base}/things?limit=1")).json()
                assert page["next"].startswith(f"{base}/things?limit=1&after=")
                rest = (await client.get(page["next"])).json()
                assert [each["name"] for each in page["items"] + rest["items"]] == ["one", "two"]
            batch = await client.get("/services/stock/events?limit=1")
            assert [each["subject"] for each in batch.json()] == [f"/things/{page['items'][0]['id']}"]
            assert {each["source"] for each in batch.json()} == {"/stock"}
            link = batch.links["next"]["url"]
            assert link.startswith("/services/stock/events?limit=1&from=")
            assert [each["data"]["after"]["name"] for each in (await client.get(link)).json()] == ["two"]

    asyncio.run(check())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/events", "They are /services/shop/events, /services/stock/events."),
        ("/services/shops/events", "Did you mean 'shop'?"),
        ("/services/shops", "Did you mean 'shop'?"),
        ("/services", "shop, stock"),
        ("/services/", "shop, stock"),
        ("/services/shop", "See /openapi.json"),
        ("/services/shop/things", "See /openapi.json"),
        ("/services/shop/services/shop/orders", "See /openapi.json"),
        ("/.well-known/other", "See /openapi.json"),
        ("/nothing", "See /openapi.json"),
    ],
)
def test_where_nothing_is_it_is_said_what_there_is(tmp_path: Path, path: str, said: str) -> None:
    async def check() -> None:
        async with started(tmp_path) as (_, client):
            found = await client.get(path)
            assert (found.status_code, found.json()["code"]) == (404, "not_found")
            assert said in found.json()["hint"]
            assert found.headers["X-Request-ID"]

    asyncio.run(check())


def test_the_description_is_of_all(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (_, client):
            document = (await client.get("/openapi.json")).json()
            OpenAPIV31SpecValidator(document).validate()
            paths = document["paths"]
            assert {"/orders", "/things", "/.well-known/stock", "/services/shop/events"} <= paths.keys()
            assert "/services/stock/events" in paths
            assert "/events" not in paths
            assert "`/services/shop/events`" in document["info"]["description"]
            alone = (await client.get("/services/shop/openapi.json")).json()
            OpenAPIV31SpecValidator(alone).validate()
            assert {"/orders", "/events"} <= alone["paths"].keys()
            assert "/things" not in alone["paths"]
            assert (await client.get("/docs")).status_code == 200
            assert (await client.get("/services/shop/docs/page.js")).status_code == 200

    asyncio.run(check())


def test_they_are_ready_if_all_are(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (app, client):
            assert (await client.get("/health/ready")).text == "ready\n"
            assert (await client.get("/health/live")).text == "live\n"
            app.applications[1].drain()
            refused = await client.get("/health/ready")
            assert (refused.status_code, refused.json()["detail"]) == (503, "The service stock stops.")
            assert (await client.get("/services/shop/health/ready")).status_code == 200
            app.drain()
            assert (await client.get("/services/shop/health/ready")).status_code == 503

    asyncio.run(check())


def test_metrics_and_log_lines_name_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    async def check() -> None:
        async with started(tmp_path, log_format="json") as (_, client):
            await client.get("/orders")
            await client.get("/services/stock/things")
            await client.get("/nothing")
            text = (await client.get("/metrics")).text
            assert 'antiphon_position{service="shop"} 0.0' in text
            for service, route in (("shop", "/orders"), ("stock", "/things")):
                labels = f'method="GET",route="{route}",service="{service}",status="200"'
                assert f"antiphon_requests_total{{{labels}}} 1.0" in text

    asyncio.run(check())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(each.get("service"), each["path"]) for each in lines] == [
        ("shop", "/orders"),
        ("stock", "/services/stock/things"),
        (None, "/nothing"),
        (None, "/metrics"),
    ]


def test_one_that_cannot_start_stops_those_that_did(tmp_path: Path) -> None:
    async def check() -> None:
        (tmp_path / "stock.db").write_text("This is no store, and long enough to be seen as such. " * 20)
        first = shop()
        app = Services(first, stock(), settings=Settings(data=str(tmp_path)))
        run = Run(app)
        assert (await run.said.get())["type"] == "lifespan.startup.failed"
        await run.task
        assert app.failure is not None
        assert "stock.db" in str(app.failure)
        with first.connect(tmp_path):  # nothing holds it back
            pass
        async with client_of(app) as client:
            refused = await client.get("/orders")
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")

    asyncio.run(check())


def test_under_a_path_of_the_server_links_have_it_too(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (app, _), client_of(app, root_path="/api") as client:
            made = await client.post("/api/services/shop/orders", json={"thing": "drum"})
            assert made.headers["Location"] == f"/api/services/shop/orders/{made.json()['id']}"
            assert (await client.get(made.headers["Location"])).json() == made.json()
            assert (await client.get("/api/things")).json()["items"] == []

    asyncio.run(check())


class Sold(Struct):
    thing: str


@react(to="shop/orders")
def copy(change: Change[Sold], tx: Transaction) -> None:
    """Each order leaves a copy of what it was for."""
    if change.after is not None:
        tx.put(Copy(id=change.id, name=change.after.thing))


def test_one_reacts_to_another_beside_it(tmp_path: Path) -> None:
    async def check() -> None:
        reacting, settings = stock(reactions=(copy,)), Settings(data=str(tmp_path))
        app = Services(reacting, shop(), settings=settings)  # whichever starts first
        for thing in ("drum", "horn"):  # the second after a restart
            run = Run(app)
            assert (await run.said.get())["type"] == "lifespan.startup.complete"
            async with client_of(app) as client:
                made = (await client.post("/orders", json={"thing": thing})).json()
            for _ in range(500):
                if await reacting.find(Copy, id=made["id"]) is not None:
                    break
                await asyncio.sleep(0.01)
            assert (await reacting.get(Copy, made["id"])).name == thing
            await run.stop()

    asyncio.run(check())
    with pytest.raises(DeclarationError, match="there is no source 'shop'"):
        asyncio.run(alone(tmp_path / "alone"))


async def alone(folder: Path) -> None:
    app = stock(reactions=(copy,), settings=Settings(data=str(folder)))
    run = Run(app)
    assert (await run.said.get())["type"] == "lifespan.startup.failed"
    await run.task
    assert app.failure is not None
    raise app.failure


def test_what_nobody_may_touch_has_no_address(tmp_path: Path) -> None:
    async def check() -> None:
        async with started(tmp_path) as (app, client):
            shop, _ = app.applications
            made = await asyncio.to_thread(created, shop, tmp_path)
            assert (await shop.get(Copy, made.id)).name == "a fact from elsewhere"
            for path in ("/copies", "/services/shop/copies", f"/services/shop/copies/{made.id}"):
                assert (await client.get(path)).json()["code"] == "not_found"
            assert "Copy" not in (await client.get("/services/shop/openapi.json")).text
            assert (await client.get("/services/shop/events")).json() == []

    asyncio.run(check())
    with pytest.raises(DeclarationError, match="Nobody may do anything with hidden"):
        Application(Copy, name="hidden")


def created(application: Application, folder: Path) -> Copy:
    with application.connect(folder) as connection:
        return connection.write(lambda tx: tx.create(Copy(name="a fact from elsewhere")))


def test_one_key_set_and_one_limit_are_for_all(tmp_path: Path) -> None:
    async def check() -> None:
        tokens = Tokens(issuer="both")
        settings = Settings(data=str(tmp_path), rate_per_address=4)
        app = Services(shop(identify=tokens), stock(identify=tokens), settings=settings)
        run = Run(app)
        assert (await run.said.get())["type"] == "lifespan.startup.complete"
        async with client_of(app) as client:
            assert len((await client.get("/.well-known/jwks.json")).json()["keys"]) == 1
            paths = ("/orders", "/things", "/openapi.json", "/orders", "/things")
            assert [(await client.get(path)).status_code for path in paths] == [200, 200, 200, 429, 429]
        await run.stop()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("applications", "said"),
    [
        ([], "Services has no application."),
        ([shop(), shop()], "two applications have the name 'shop'"),
        ([Application(Order, name="The shop")], "an application has the name 'The shop'"),
        ([shop(), Application(Order, name="other")], "The services shop and other both have /orders."),
        (
            [shop(routes=[Route("/.well-known/stock", answer)]), stock()],
            "The services shop and stock both have /.well-known/stock.",
        ),
        (
            [shop(identify=Tokens(issuer="one")), stock(identify=Tokens(issuer="two"))],
            "The services shop and stock both have /.well-known/jwks.json.",
        ),
        ([shop(routes=[Route("/things/{id}/orders", answer)]), stock()], "both have /things"),
        (
            [shop(routes=[Route("/docs/more", answer)])],
            "shop has /docs/more, which the services have together",
        ),
        ([shop(routes=[Route("/{anything}", answer)])], "shop has a route at '/{anything}'"),
        ([shop(routes=[Mount("/", routes=[Route("/", answer)])])], "shop has a route at ''"),
    ],
)
def test_what_cannot_be_at_one_address_is_refused(applications: list[Application], said: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        Services(*applications)
    assert said in refused.value.detail
    assert refused.value.hint


def test_a_mount_with_a_segment_of_its_own_is_welcome(tmp_path: Path) -> None:
    async def check() -> None:
        routes: list[BaseRoute] = [Mount("/static", routes=[Route("/picture.png", answer)])]
        app = Services(shop(routes=routes), stock(), settings=Settings(data=str(tmp_path)))
        async with client_of(app) as client:
            assert (await client.get("/static/picture.png")).status_code == 200

    asyncio.run(check())


def test_one_store_for_several_is_refused() -> None:
    with pytest.raises(SettingError, match="2 services"):
        Services(shop(), stock(), settings=Settings(store="sqlite:///one.db")).current_settings()

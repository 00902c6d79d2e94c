"""The page for people, and the document, as they are served."""

import hashlib
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from importlib.resources import files

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from antiphon.descriptions import description_routes
from antiphon.descriptions.documentation import ASSETS
from antiphon.errors import NotFound, Problem
from antiphon.server.answers import problem_response

DOCUMENT = [b'{"openapi":"3.1.0"}']


async def tell(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=description_routes(lambda: DOCUMENT[0]), exception_handlers={NotFound: tell})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Links(HTMLParser):
    """What a page loads, and what it has within that a strict policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given:
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag in ("script", "link"):
            self.loaded.append(given.get("src") or given.get("href") or "")


async def test_the_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content == DOCUMENT[0]
    again = await client.get("/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == answer.headers["etag"]


async def test_a_new_document_has_a_new_tag(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/openapi.json")).headers["etag"]
    DOCUMENT[0] += b" "
    assert (await client.get("/openapi.json", headers={"If-None-Match": tag})).status_code == 200


async def test_the_page_loads_only_what_is_served_here(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    links = Links()
    links.feed(page.text)
    assert links.inline == []
    loaded = [each for each in links.loaded if not each.startswith("data:")]
    assert {each.removeprefix("docs/") for each in loaded} == set(ASSETS)
    for each in loaded:
        answer = await client.get(f"/{each}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == ASSETS[each.removeprefix("docs/")][1]
        assert answer.headers["x-content-type-options"] == "nosniff"
        tag = {"If-None-Match": f'"other", W/{answer.headers["etag"]}'}
        assert (await client.get(f"/{each}", headers=tag)).status_code == 304


async def test_head(client: httpx.AsyncClient) -> None:
    for path in ("/openapi.json", "/docs", "/docs/page.css"):
        answer = await client.head(path)
        assert answer.status_code == 200
        assert answer.content == b""
        assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/docs/index.html",
        "/docs/README.md",
        "/docs/",
        "/docs/..%2fdocumentation.py",
        "/docs/%2e%2e/documentation.py",
        "/docs/page/page.js",
        "/docs/page.js%00",
        "/docs//etc/passwd",
        "/docs/PAGE.JS",
    ],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, follow_redirects=True)
    assert answer.status_code == 404 or answer.url.path == "/docs"


async def test_an_unknown_file_is_a_problem_that_names_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs/nothing.js")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "There is no 'nothing.js' at /docs."


async def test_the_files_are_those_that_were_published() -> None:
    folder = files("antiphon.descriptions") / "swagger"
    told = dict(re.findall(r"\| `([\w.-]+)` \| `([0-9a-f]{64})` \|", (folder / "README.md").read_text()))
    assert set(told) == {name for name, (where, _) in ASSETS.items() if where == "swagger"}
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert {each.name for each in folder.iterdir()} == {
        *told,
        "swagger-ui-bundle.js.LICENSE.txt",
        "LICENSE",
        "NOTICE",
        "README.md",
    }

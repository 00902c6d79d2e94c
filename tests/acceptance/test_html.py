"""Pages for people, at the addresses of records and at others, on a real server."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from tests.acceptance.browsing import ACCEPT, Elements, Open, browser, document, parts_of, sign_in
from tests.acceptance.server import Server

PROGRAM = Path(__file__).with_name("page_program.py")
HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)",
    "</textarea><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "data: x\r\n\r\nevent: gone",
    "\u202egnp.exe \u200f\u0007\u0085 \u2028",
    "👩‍👩‍👧‍👦 שלום " + "x" * 10_000,
)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("html") / "data", PROGRAM).start()
    yield server
    server.stop()
    server.forgive("/broken", "a mistake")
    assert server.errors() == []


@pytest.fixture(scope="module")
def ana(notes: Server) -> Iterator[httpx.Client]:
    with sign_in(notes, "ana") as client:
        yield client


def test_html_is_for_those_who_like_it_best(notes: Server) -> None:
    with notes.client() as client:
        for accept, kind in (
            (ACCEPT, "text/html; charset=utf-8"),
            ("text/html", "text/html; charset=utf-8"),
            ("*/*", "application/json"),
            ("application/json, text/html", "application/json"),
            ("text/html;q=0.5, application/json", "application/json"),
            ("application/x-ndjson, text/html", "application/x-ndjson"),
        ):
            answer = client.get("/shelves", headers={"Accept": accept})
            assert answer.headers["Content-Type"] == kind, accept
            assert "Accept" in answer.headers["Vary"]
        client.headers.pop("Accept")
        assert client.get("/shelves").headers["Content-Type"] == "application/json"
        for url in ("/shelves.json", "/shelves.ndjson"):
            assert "json" in client.get(url, headers={"Accept": ACCEPT}).headers["Content-Type"]


def test_a_suffix_still_names_the_representation_of_a_record(notes: Server) -> None:
    with notes.client() as client:
        shelf = client.post("/shelves", json={"name": "suffixed"}).json()
        answer = client.get(f"/shelves/{shelf['id']}.json", headers={"Accept": ACCEPT})
        assert answer.json() == shelf


def test_each_page_is_guarded_by_its_headers(notes: Server, ana: httpx.Client) -> None:
    for url, status in (
        ("/", 200),
        ("/desk", 200),
        ("/shelves", 200),
        ("/nothing", 404),
        ("/shelves?x=1", 400),
    ):
        answer = ana.get(url)
        assert answer.status_code == status
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", answer.text)


def test_a_page_that_somebody_has_is_not_sent_again(notes: Server, ana: httpx.Client) -> None:
    answer = ana.get("/desk")
    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    again = ana.get("/desk", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    head = ana.head("/desk")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == answer.headers["Content-Length"]


def test_static_files_are_kept_for_ever_under_names_that_tell_their_content(notes: Server) -> None:
    with browser(notes) as client:
        page = client.get("/desk").text
        found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert len(found) == 5
        for address in found:
            answer = client.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]
        assert "color: inherit" in client.get(next(each for each in found if "desk" in each)).text
        for address in ("/static/desk.css", "/static/../page_program.py", "/static/%2e%2e/page_program.py"):
            assert client.get(address).status_code == 404
        assert client.post(found[0], json={}).status_code == 405
        sent = 0
        for address in found:
            plain = client.get(address, headers={"Accept-Encoding": "gzip;q=0, br"})
            assert "Content-Encoding" not in plain.headers
            packed = client.get(address, headers={"Accept-Encoding": "br, gzip;q=0.5"})
            assert packed.content == plain.content
            assert packed.headers.get("Vary") == plain.headers.get("Vary")
            sent += int(packed.headers["Content-Length"])
        assert len(page.encode()) + sent < 30_000


def test_a_page_shows_what_its_reader_may_see(notes: Server, ana: httpx.Client) -> None:
    ana.post("/notes", data={"text": "the secret of ana"})
    with browser(notes) as stranger, sign_in(notes, "ben") as ben:
        for _ in range(3):  # made, kept, and answered without a cycle
            assert "the secret of ana" in ana.get("/desk").text
            assert "the secret of ana" not in ben.get("/desk").text
            assert "the secret of ana" not in stranger.get("/desk").text
        assert "Desk of ana" in ana.get("/desk").text
        assert "Desk of ben" in ben.get("/desk").text
        assert "Desk of nobody" in stranger.get("/desk").text


def test_a_page_is_what_was_written_just_now(notes: Server, ana: httpx.Client) -> None:
    for number in range(50):
        ana.post("/notes", data={"text": f"written as number {number}"})
        for _ in range(2):
            assert f"written as number {number}<" in ana.get("/desk").text


def test_a_form_creates_changes_and_deletes(notes: Server, ana: httpx.Client) -> None:
    form = ana.get("/notes/new").text
    for attribute in ('name="text"', 'maxlength="20000"', 'min="1"', 'max="1000"', 'type="checkbox"', "(p)"):
        assert attribute in form
    assert 'name="author"' not in form
    made = ana.post(
        "/notes", data={"text": "as typed\r\nin lines", "pages": "3", "urgent": "true", "mood": ""}
    )
    place = made.headers["Location"]
    assert made.status_code == 303
    record = ana.get(place, headers={"Accept": "application/json"}).json()
    assert (record["text"], record["pages"], record["urgent"], record["author"]) == (
        "as typed\nin lines",
        3,
        True,
        "ana",
    )
    assert record["mood"] is record["shelf"] is None
    edit = ana.get(place + "/edit").text
    assert f'name="revision" value="{record["revision"]}"' in edit
    changed = ana.post(place, data={"urgent": "false", "revision": str(record["revision"])})
    assert (changed.status_code, changed.headers["Location"]) == (303, place)
    after = ana.get(place, headers={"Accept": "application/json"}).json()
    assert after == {**record, "urgent": False, "revision": after["revision"]}
    acted = ana.post(place + "/append", data={"more": " and more"})
    assert acted.status_code == 303
    assert ana.get(place, headers={"Accept": "application/json"}).json()["text"].endswith(" and more")
    gone = ana.post(place, data={"_method": "DELETE"})
    assert (gone.status_code, gone.headers["Location"]) == (303, "/notes")
    assert ana.get(place).status_code == 404


def test_a_refused_form_comes_back_with_what_was_typed(notes: Server, ana: httpx.Client) -> None:
    answer = ana.post("/notes", data={"text": "", "pages": "4000", "mood": "calm"})
    assert answer.status_code == 422
    assert 'value="4000"' in answer.text
    assert '<option value="calm" selected' in answer.text
    assert 'aria-invalid="true"' in answer.text
    for name in ("text", "pages"):
        error = re.search(f'aria-describedby="({name}-error)[^"]*"', answer.text)
        assert error is not None
        assert f'id="{name}-error"' in answer.text
    worded = ana.post("/notes", data={"text": "x", "pages": "many"})
    assert "Write an integer" in worded.text
    taken = {"name": "taken twice"}
    assert ana.post("/shelves", data=taken).status_code == 303
    again = ana.post("/shelves", data=taken)
    assert again.status_code == 409
    assert 'value="taken twice"' in again.text
    assert '<p class="error" id="name-error">Another Shelf has it.</p>' in again.text


def test_a_change_of_what_has_changed_since_is_told_on_the_page(notes: Server, ana: httpx.Client) -> None:
    place = ana.post("/shelves", data={"name": "contested"}).headers["Location"]
    revision = ana.get(place, headers={"Accept": "application/json"}).json()["revision"]
    assert ana.post(place, data={"name": "mine", "revision": str(revision)}).status_code == 303
    late = ana.post(place, data={"name": "yours", "revision": str(revision)})
    assert late.status_code == 412
    assert 'value="yours"' in late.text
    assert ana.get(place, headers={"Accept": "application/json"}).json()["name"] == "mine"


def test_what_one_may_not_do_is_not_offered(notes: Server, ana: httpx.Client) -> None:
    place = ana.post("/notes", data={"text": "for all to see", "audience": "all"}).headers["Location"]
    with sign_in(notes, "ben") as ben, browser(notes) as stranger:
        assert "/edit" in ana.get(place).text
        assert "Delete" in ana.get(place).text
        for other in (ben, stranger):
            page = other.get(place)
            assert "for all to see" in page.text
            assert "/edit" not in page.text
            assert "Delete" not in page.text
            assert other.get(place + "/edit").status_code in (401, 403)
        assert "/notes/new" in ben.get("/notes").text
        assert "/notes/new" not in stranger.get("/notes").text
        assert ben.post(place, data={"text": "mine now"}).status_code == 403
        assert stranger.post("/notes", data={"text": "x"}).status_code == 401
        assert document(stranger.get("/notes/new").text)[1] == "not_signed_in"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused(notes: Server, ana: httpx.Client, headers: dict[str, str]) -> None:
    with browser(notes) as stranger:
        for client in (ana, stranger):
            for url in ("/shelves", "/session", "/shelves/x"):
                data = {"name": "planted", "password": "detnalp"}
                sent = {name: value for name, value in headers.items() if value}
                request = client.build_request("POST", url, data=data, headers=sent)
                if not headers["Sec-Fetch-Site"]:
                    del request.headers["Sec-Fetch-Site"]
                answer = client.send(request)
                assert answer.status_code == 403, (url, headers)
                assert "Set-Cookie" not in answer.headers
        assert "planted" not in stranger.get("/shelves").text


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/a\tb",
        "/\n/evil",
        "evil",
        "",
    ],
)
@pytest.mark.parametrize("name", ["_next", "_from"])
def test_a_form_leads_to_no_other_site(notes: Server, ana: httpx.Client, place: str, name: str) -> None:
    before = ana.get("/shelves?limit=1000", headers={"Accept": "application/json"}).json()
    answer = ana.post("/shelves", data={"name": "leads away", name: place})
    assert answer.status_code == 422
    assert "Location" not in answer.headers
    assert ana.get("/shelves?limit=1000", headers={"Accept": "application/json"}).json() == before


def test_a_form_leads_where_it_says(notes: Server, ana: httpx.Client) -> None:
    made = ana.post("/shelves", data={"name": "leads on", "_next": "/desk?a=ü&b=1#live-notes"})
    assert (made.status_code, made.headers["Location"]) == (303, "/desk?a=%C3%BC&b=1#live-notes")


def test_a_route_of_ones_own_takes_forms(notes: Server) -> None:
    with browser(notes) as client:
        wrong = client.post("/session", data={"name": "eva", "password": "wrong", "_from": "/desk?a=1"})
        assert wrong.status_code == 401
        assert wrong.headers["HX-Push-Url"] == "false"
        assert "/session: The name or the password is wrong." in wrong.text
        assert "wrong<" not in wrong.text.replace("is wrong.", "")
        faulty = client.post("/session", data={"name": "eva", "_from": "/desk"})
        assert faulty.status_code == 422
        unknown = client.post("/session", data={"name": "eva", "password": "x", "more": "y"})
        assert unknown.status_code == 422
        assert document(unknown.text)[1] == "invalid"
        right = client.post("/session", data={"name": "eva", "password": "ave", "_next": "/desk"})
        assert (right.status_code, right.headers["Location"]) == (303, "/desk")
        assert "Desk of eva" in client.get("/desk").text
        out = client.post("/session", data={"_method": "DELETE"}, headers={"Referer": f"{notes.url}/log"})
        assert (out.status_code, out.headers["Location"]) == (303, "/log")
        assert "Desk of nobody" in client.get("/desk").text
        broken = client.post("/session", data={"_method": "DELETE"}, headers={"Referer": "http://[x"})
        assert broken.headers["Location"] == "/"
        away = client.post(
            "/session", data={"_method": "DELETE"}, headers={"Referer": "https://evil.example/x"}
        )
        assert away.headers["Location"] == "/"


def test_a_refused_form_of_a_page_of_ones_own_is_told_there(notes: Server, ana: httpx.Client) -> None:
    answer = ana.post("/notes", data={"text": "", "pages": "0"}, headers={"Referer": f"{notes.url}/desk"})
    assert answer.status_code == 422
    assert "/notes: " in answer.text
    assert 'id="refusal"' in answer.text
    assert 'id="refusal"' not in ana.get("/desk").text


def test_an_address_means_what_it_says_once(notes: Server, ana: httpx.Client) -> None:
    place = "/people/a%2520%C3%BC?q=%2526+x"
    page = ana.get(place).text
    assert ">a%20ü %26 x</p>" in page
    assert f'data-page="{place}"' in page
    opened = Open(ana, place)
    assert ">a%20ü %26 x</p>" in opened.until_live()[0].data
    opened.close()
    answer = ana.post("/notes", data={"text": ""}, headers={"Referer": notes.url + place})
    assert "refused: invalid" in answer.text
    assert ">a%20ü %26 x</p>" in answer.text


def test_problems_are_pages_that_say_what_to_do(notes: Server, ana: httpx.Client) -> None:
    answer = ana.get("/shelves?nmae=x")
    assert answer.status_code == 400
    assert "Did you mean &#39;name&#39;?" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    broken = ana.get("/broken")
    assert document(broken.text).groups() == ("internal", "500")
    assert "mistake" not in broken.text
    assert document(ana.get("/nothing").text).groups() == ("not_found", "404")
    assert document(ana.get("/events", headers={"Accept": "text/html"}).text).groups() == (
        "not_acceptable",
        "406",
    )
    assert document(ana.post("/nothing", data={"a": "b"}).text).groups() == ("not_found", "404")
    assert document(ana.post("/shelves", data={"_method": "PUT"}).text).groups() == (
        "method_not_allowed",
        "405",
    )
    many = ana.post("/shelves", data={str(number): "" for number in range(200)})
    assert (many.status_code, "at most 100 fields" in many.text) == (400, True)
    head = ana.head("/nothing")
    assert (head.status_code, head.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_cookie_of_a_session_that_is_over_is_forgotten(notes: Server) -> None:
    with browser(notes, antiphon="a.token.of.old") as client:
        for url in ("/desk", "/", "/shelves"):
            answer = client.get(url)
            assert answer.status_code == 200
            assert "antiphon=;" in answer.headers["Set-Cookie"]
            client.cookies.set("antiphon", "a.token.of.old")
        assert client.post("/shelves", data={"name": "by nobody"}).status_code == 401
        client.cookies.set("antiphon", "a.token.of.old")
        assert client.get("/shelves", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(notes: Server, ana: httpx.Client, text: str) -> None:
    place = ana.post("/notes", json={"text": text, "audience": "all"}).headers["Location"]
    shelf = ana.post("/shelves", json={"name": text[:100]}).headers["Location"]
    ana.post(place, data={"shelf": shelf.rpartition("/")[2]})
    for url in (
        "/desk",
        "/notes?order=-id",
        place,
        place + "/edit",
        "/shelves",
        shelf,
        shelf + "/edit",
        "/log",
    ):
        answer = ana.get(url)
        assert answer.status_code == 200, url
        Elements(answer.text).require_harmless()
    desk = Elements(ana.get("/desk").text)
    seen = " ".join(text.split())
    assert seen in " ".join(desk.text.split())
    assert text in [attributes.get("data-text") for _, attributes in desk.found]
    assert text in [attributes.get("title") for _, attributes in desk.found]
    opened = Open(ana, "/desk")
    told = Elements(opened.until_live()[0].data)
    opened.close()
    told.require_harmless()
    assert seen in " ".join(told.text.split())
    for url in (
        f"/notes?text[contains]={quote(text[:40])}",
        f"/desk?{quote(text[:40])}=1",
        f"/{quote(text[:40])}",
    ):
        Elements(ana.get(url).text).require_harmless()
    refused = ana.post("/notes", data={"text": text, "pages": text}, headers={"Referer": f"{notes.url}/desk"})
    assert refused.status_code == 422
    Elements(refused.text).require_harmless()
    ana.post(place, data={"_method": "DELETE"})


def test_a_template_of_the_programs_own_comes_first(notes: Server, ana: httpx.Client) -> None:
    page = ana.get("/shelves").text
    assert "<title>All the shelves</title>" in page
    assert "No filters here." in page
    assert "live-records" in parts_of(page)
    assert "text[contains]" in ana.get("/notes").text


def test_a_list_filters_orders_and_turns_pages(notes: Server) -> None:
    with sign_in(notes, "lee") as lee:
        for number in range(5):
            lee.post("/notes", data={"text": f"page {number}", "pages": str(number + 1)})
        shown = "/notes?text[contains]=&pages[gte]=2&order=-pages&limit=2&author=lee"
        page = lee.get(shown).text
        assert re.findall(r">page (\d)<", page) == ["4", "3"]
        assert 'aria-sort="descending"' in page
        following = re.search(r'href="([^"]+)" rel="next"', page)
        assert following is not None
        second = lee.get(following[1].replace("&amp;", "&")).text
        assert re.findall(r">page (\d)<", second) == ["2", "1"]
        assert "First page" in second
        assert "Nothing matches" in lee.get("/notes?author=nobody-at-all").text
        with sign_in(notes, "new") as new:
            assert (
                "Add the first note" in new.get("/notes?limit=5").text or "for all" in new.get("/notes").text
            )


def test_values_are_shown_by_their_kind(notes: Server, ana: httpx.Client) -> None:
    typed = {
        "text": "of all kinds",
        "pages": "12",
        "due": "2027-03-01T12:30",
        "day": "2027-03-02",
        "tags": "one\ntwo <b>\n\n",
        "audience": "all",
    }
    place = ana.post("/notes", data=typed).headers["Location"]
    record = ana.get(place, headers={"Accept": "application/json"}).json()
    assert (record["due"], record["day"], record["tags"]) == (
        "2027-03-01T12:30:00Z",
        "2027-03-02",
        ["one", "two <b>"],
    )
    for url in (place, "/notes?order=-id&limit=1"):
        page = ana.get(url).text
        assert '<time datetime="2027-03-01T12:30:00.000000Z">2027-03-01 12:30 UTC</time>' in page
        assert '<time datetime="2027-03-02">2027-03-02</time>' in page
        assert '12 <span class="unit">p</span>' in page
        assert "one, two &lt;b&gt;" in page
        assert "&lt;td" not in page
    edit = Elements(ana.get(place + "/edit").text)
    values = {
        each["name"]: each.get("value") for tag, each in edit.found if tag == "input" and "name" in each
    }
    assert values["due"] == "2027-03-01T12:30:00"
    assert "one\ntwo <b>" in edit.text
    again = ana.post(place, data={"due": values["due"] or "", "tags": "", "day": ""})
    assert again.status_code == 303
    after = ana.get(place, headers={"Accept": "application/json"}).json()
    assert (after["due"], after["day"], after["tags"]) == (record["due"], None, [])


def test_relations_are_links_with_names(notes: Server, ana: httpx.Client) -> None:
    shelf = ana.post("/shelves", data={"name": "Upper & left"}).headers["Location"]
    note = ana.post("/notes", data={"text": "lies there", "shelf": shelf.rpartition("/")[2]}).headers[
        "Location"
    ]
    assert f'<a href="{shelf}">Upper &amp; left</a>' in ana.get(note).text
    assert f"/notes?shelf={shelf.rpartition('/')[2]}" in ana.get(shelf).text
    assert f'<option value="{shelf.rpartition("/")[2]}" selected' in ana.get(note + "/edit").text

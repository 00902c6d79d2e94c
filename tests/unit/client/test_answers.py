"""Answers as values, and refusals as exceptions."""

import httpx
import msgspec
import pytest

from antiphon import errors
from antiphon.client import Page, Record
from antiphon.client.answers import answer_of, problem_of
from antiphon.errors import FieldError, Malformed, NotFound, Problem, Unavailable

URL = "http://127.0.0.1:8000/songs?limit=2"
CLASSES = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, Problem) and each is not Problem
]


def response(
    content: bytes = b"", status: int = 200, headers: dict[str, str] | None = None
) -> httpx.Response:
    return httpx.Response(status, content=content, headers=headers, request=httpx.Request("GET", URL))


def test_a_collection_is_a_page_whose_next_is_a_whole_url() -> None:
    body = b'{"items": [{"id": "a"}], "next": "/songs?limit=2&after=x"}'
    assert answer_of(response(body, headers={"Antiphon-Position": "p-1"})) == Page(
        [{"id": "a"}], "p-1", "http://127.0.0.1:8000/songs?limit=2&after=x"
    )
    assert answer_of(response(b'{"items": [], "next": null}')) == Page([], None, None)


def test_an_array_is_a_page_too() -> None:
    headers = {"Link": '</events?from=p-2>; rel="next"', "Antiphon-Position": "p-2"}
    page = answer_of(response(b'[{"id": "p-2"}]', headers=headers))
    assert page == Page([{"id": "p-2"}], "p-2", "http://127.0.0.1:8000/events?from=p-2")


def test_an_object_is_a_record_even_if_it_has_items() -> None:
    record = answer_of(
        response(b'{"id": "a", "items": [1]}', headers={"ETag": '"p-1"', "Antiphon-Position": "p-3"})
    )
    assert record == {"id": "a", "items": [1]}
    assert isinstance(record, Record)
    assert (record.etag, record.position) == ('"p-1"', "p-3")


def test_other_answers() -> None:
    assert answer_of(response(status=204)) is None
    assert answer_of(response(b"3")) == 3
    with pytest.raises(Malformed, match="text/html"):
        answer_of(response(b"<p>", headers={"Content-Type": "text/html"}))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda each: each.code)
def test_each_code_is_raised_as_its_class(kind: type[Problem]) -> None:
    document = {"code": kind.code, "detail": "It is so.", "hint": "Do that.", "status": kind.status}
    problem = problem_of(response(msgspec.json.encode(document), kind.status, {"Retry-After": "3"}))
    assert type(problem) is kind
    assert (problem.detail, problem.hint) == ("It is so.", "Do that.")
    assert problem.headers["retry-after"] == "3"


def test_the_faults_of_a_body_come_along() -> None:
    body = b'{"code": "invalid", "errors": [{"field": "title", "detail": "too long", "item": 2}, 7]}'
    assert problem_of(response(body, 422)).errors == (FieldError("title", "too long", 2),)
    assert problem_of(response(b'{"code": "invalid", "errors": "title"}', 422)).errors == ()


def test_an_unknown_code_is_a_problem_with_its_status() -> None:
    problem = problem_of(response(b'{"code": "teapot", "title": "Late", "detail": "It paused."}', 418))
    assert isinstance(problem, Problem)
    assert (problem.status, problem.code, problem.title, problem.detail) == (
        418,
        "teapot",
        "Late",
        "It paused.",
    )


@pytest.mark.parametrize("body", [b"", b"<h1>Not Found</h1>", b"[]", b"{}", b"\xff"])
def test_a_refusal_without_a_problem_document_names_status_and_url(body: bytes) -> None:
    problem = problem_of(response(body, 404))
    assert problem.status == 404
    assert "404 Not Found" in problem.detail
    assert URL in problem.detail
    assert not isinstance(problem, NotFound)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_that_reaches_no_service_is_unavailable(status: int) -> None:
    assert isinstance(problem_of(response(b"Bad Gateway", status)), Unavailable)

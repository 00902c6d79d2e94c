"""Errors: a tree whose codes are stable, and the hint that names the nearest known name."""

import inspect
import re
import time

import pytest

from antiphon import errors
from antiphon.errors import AntiphonError, FieldError, Malformed, Problem, nearest

PROBLEMS = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, Problem) and each is not Problem
]
CODES = {
    "already_exists": 409,
    "forbidden": 403,
    "headers_too_large": 431,
    "http_version": 505,
    "idempotency_key_reused": 422,
    "internal": 500,
    "invalid": 422,
    "invalid_cursor": 400,
    "invalid_header": 400,
    "invalid_position": 400,
    "invalid_query": 400,
    "length_required": 411,
    "malformed": 400,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "not_found": 404,
    "not_http": 400,
    "not_signed_in": 401,
    "not_unique": 409,
    "position_gone": 410,
    "position_too_new": 503,
    "precondition_failed": 412,
    "stalled": 408,
    "still_referenced": 409,
    "store_full": 507,
    "too_large": 413,
    "too_many_requests": 429,
    "unavailable": 503,
    "unsupported_media_type": 415,
    "uri_too_long": 414,
}


def test_codes_and_statuses_are_stable() -> None:
    assert {each.code: each.status for each in PROBLEMS} == CODES
    assert len({each.code for each in PROBLEMS}) == len({each.title for each in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_problem_says_what_it_is(problem: type[Problem]) -> None:
    assert problem.__doc__
    assert problem.title[0].isupper()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", problem.code)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"\b[A-Z][A-Za-z]+\b", "\n".join(re.findall(r"[├└]── .*", errors.__doc__ or ""))))
    listed = {
        each.__name__
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, AntiphonError)
    }
    assert listed - {"AntiphonError"} <= drawn
    for status, names in re.findall(r"(\d{3})  ([\w ·]+?)(?=  |\n|$)", errors.__doc__ or ""):
        for name in names.split(" · "):
            assert getattr(errors, name.strip()).status == int(status)


def test_an_error_says_what_is_wrong_and_what_to_do() -> None:
    problem = Malformed("It is bad.", "Do better.", errors=[FieldError("a", "b")], headers={"Allow": "GET"})
    assert str(problem) == "It is bad. Do better."
    assert (problem.detail, problem.hint) == ("It is bad.", "Do better.")
    assert problem.errors == (FieldError("a", "b"),)
    assert problem.headers == {"Allow": "GET"}
    assert str(AntiphonError("It is bad.")) == "It is bad."
    assert (Malformed("x").errors, Malformed("x").headers) == ((), {})


def test_the_nearest_name_is_named_with_all_that_are_known() -> None:
    assert nearest("titel", ["title", "year"]) == "Did you mean 'title'? Known: title, year."
    assert nearest("xyz", ["title", "year"]) == "Known: title, year."
    assert nearest("", ["title"]) == "Known: title."


def test_a_long_name_is_compared_at_once() -> None:
    started = time.thread_time()
    nearest("title" * 200_000, ["title"] * 50)
    assert time.thread_time() - started < 1

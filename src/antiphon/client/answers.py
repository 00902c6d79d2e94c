"""Answers: pages and records, and problems as exceptions."""

from typing import Any

import httpx
import msgspec
from msgspec import Struct

from antiphon import errors
from antiphon.errors import FieldError, Malformed, PositionGone, Problem

_CLASSES: dict[str, type[Problem]] = {
    each.code: each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Problem)
}


class Page(Struct, frozen=True):
    """Several records, exact at `position`. `next` is the URL of the page after this, None on the last."""

    items: list[dict[str, Any]]
    position: str | None = None
    next: str | None = None


class Record(dict[str, Any]):
    """One record: a dict, exact at `position`; `etag` names this state of it."""

    def __init__(self, members: dict[str, Any], position: str | None = None, etag: str | None = None) -> None:
        super().__init__(members)
        self.position = position
        self.etag = etag


def answer_of(response: httpx.Response) -> Any:
    """A `Page` from a list, a `Record` from an object, None from an empty answer.

    Raises:
        Malformed: it is not JSON.
    """
    if not response.content:
        return None
    position = response.headers.get("antiphon-position")
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        media_type = response.headers.get("content-type", "of no type")
        raise Malformed(
            f"{response.url} answers with what is not JSON: {media_type}.", "Check the URL."
        ) from None
    if isinstance(body, dict) and not ("items" in body and "id" not in body):
        return Record(body, position, response.headers.get("etag"))
    if isinstance(body, dict):
        following, items = body.get("next"), body["items"]
    elif isinstance(body, list):
        following, items = response.links.get("next", {}).get("url"), body
    else:
        return body
    return Page(items, position, None if following is None else str(response.url.join(following)))


def problem_of(response: httpx.Response) -> Problem:
    """What a refusal says, as the class of its code; its headers go along."""
    document = _document(response.content)
    if "code" not in document:
        said = f"{response.url} answers with status {response.status_code} {response.reason_phrase}."
        document = {"detail": said, "code": "unavailable" if response.status_code in (502, 503, 504) else ""}
    return _problem(document, response.status_code, dict(response.headers))


def problem_in(data: bytes) -> Problem:
    """What a stream says when it cannot go on from a position."""
    said = {"code": PositionGone.code, "detail": "The position is gone.", "hint": "Read again."}
    return _problem({**said, **_document(data)}, PositionGone.status, {})


def _document(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _problem(document: dict[str, Any], status: int, headers: dict[str, str]) -> Problem:
    code = str(document.get("code", ""))
    made = _CLASSES.get(code)
    if made is None:
        title = str(document.get("title", Problem.title))
        made = type("Problem", (Problem,), {"status": status, "code": code or Problem.code, "title": title})
    listed = document.get("errors")
    faults = [
        FieldError(str(each.get("field", "")), str(each.get("detail", "")), each.get("item"))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    ]
    return made(
        str(document.get("detail", "")), str(document.get("hint", "")), errors=faults, headers=headers
    )

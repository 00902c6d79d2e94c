"""What a client of the service knows and no schema can say, for schemathesis.

It makes requests from schemas, and expects that those which fit are accepted. Some fit only if one knows what
is there, or what was said before: a page's cursor, a position of this log, an id that another record has.
"""

import re
from itertools import count
from typing import Any

import msgspec
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation

NDJSON = "application/x-ndjson"
KEY = "Idempotency-Key"
POSITION = "Antiphon-Position"
POSITIONS = ("Antiphon-Min-Position", "Last-Event-ID")
CONDITIONS = ("If-Match", "If-None-Match")
FILTERS = {
    "or": "(revision=1,and=(revision[gte]=5,revision[lt]=9))",
    "and": "(id[ne]=x,or=(id[null]=true,revision[in]=(1,2)))",
}
_calls = count()
_seen: dict[str, str] = {}


@schemathesis.serializer(NDJSON)
def to_lines(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """A list, one item a line; anything else as a client that errs sends it."""
    if isinstance(value, bytes):
        return value
    items = value if isinstance(value, list) else [value]
    return b"".join(msgspec.json.encode(item) + b"\n" for item in items)


@schemathesis.deserializer(NDJSON)
def from_lines(context: schemathesis.DeserializationContext, response: schemathesis.Response) -> Any:
    return [msgspec.json.decode(line) for line in response.content.splitlines()]


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], response: Any) -> None:
    """Remember the newest position."""
    for value in response.headers.get(POSITION.lower(), ()):
        _seen[POSITION] = value


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: Any) -> None:
    """Put right what fits its schema, and leave alone what is wrong on purpose."""
    number = next(_calls)
    if fits(case, ParameterLocation.QUERY) and case.query:
        correct_query(case.query)
    if fits(case, ParameterLocation.HEADER):
        correct_headers(case.headers, number)
    if "from" in case.query:  # the last event seen comes before it, right or wrong
        case.headers.pop("Last-Event-ID", None)
    if 1 <= len(key := str(case.headers.get(KEY, ""))) <= 255:  # a key is of one request alone
        case.headers[KEY] = f"{number}-{key}"[:255]
    if fits(case, ParameterLocation.BODY) and case.body is not NOT_SET:
        case.body = whole(case.body)
        for item in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(item, dict):
                correct_body(item, case.path_parameters.get("id"), case.method == "PATCH")


def fits(case: schemathesis.Case[Any], location: ParameterLocation) -> bool:
    meta = case.meta
    return meta is None or meta.generation.mode.is_positive or not meta.is_negative_at(location)


def correct_query(query: dict[str, Any]) -> None:
    """Cursors come from a page, positions from an answer; comparisons in a group have a grammar."""
    query.pop("after", None)
    for name in FILTERS.keys() & query.keys():
        query[name] = FILTERS[name]
    if "from" in query:
        query["from"] = _seen.get(POSITION, "now")
    if "order" in query:  # a field is named once, in one direction
        names = {name.lstrip("-"): name for name in str(query["order"]).split(",")}
        query["order"] = ",".join(names.values())
    for name, value in query.items():
        if name.endswith("[in]"):
            query[name] = re.sub(r'[()"\\]', "", str(value))


def correct_headers(headers: Any, number: int) -> None:
    """Positions come from an answer; conditions that are made up hold by chance, and hide the rest."""
    for name in POSITIONS:
        if name in headers:
            headers[name] = _seen.get(POSITION, "")
            if not headers[name]:
                del headers[name]
    for name in CONDITIONS:
        # where it finds no value for the pattern, it takes 0 for one
        if name in headers and (number % 4 or headers[name] == "0"):
            del headers[name]


def correct_body(record: dict[str, Any], id: str | None, patch: bool) -> None:
    """A record keeps its id, refers to what is there, and after a patch is whole."""
    record.pop("revision", None)
    if id is not None:
        record.pop("id", None)
    if "band_id" in record:
        record["band_id"] = None
    if patch and record.get("home") is not None:
        record["home"] = {"city": "Oslo"}


def whole(value: Any) -> Any:
    """Integers are written without a fraction; to a schema, 1.0 is an integer too."""
    if isinstance(value, dict):
        return {name: whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

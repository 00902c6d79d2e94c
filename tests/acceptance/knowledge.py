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
    wrong = None if case.meta is None else case.meta.phase.data.parameter
    if case.query and (wrong or fits(case, ParameterLocation.QUERY)):
        correct_query(case.query, wrong, case.path)
    if wrong or fits(case, ParameterLocation.HEADER):
        correct_headers(case.headers, wrong, number)
    for name in [name for name, value in case.query.items() if value in ("", None) and is_list(name)]:
        del case.query[name]  # nothing and an empty text are written alike
        if not wrong and not fits(case, ParameterLocation.QUERY):
            case.query["order"] = "nothing"  # and it shall be wrong
    if "from" in case.query:  # the last event seen comes before it, right or wrong
        case.headers.pop("Last-Event-ID", None)
    if 1 <= len(key := str(case.headers.get(KEY, ""))) <= 255:  # a key is of one request alone
        case.headers[KEY] = f"{number}-{key}"[:255]
    if fits(case, ParameterLocation.BODY) and case.body is not NOT_SET:
        case.body = whole(case.body)
        for item in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(item, dict):
                correct_body(item, case.path_parameters.get("id"), case.method == "PATCH")


def is_list(name: str) -> bool:
    return name == "order" or name.endswith("[in]")


def fits(case: schemathesis.Case[Any], location: ParameterLocation) -> bool:
    meta = case.meta
    return meta is None or meta.generation.mode.is_positive or not meta.is_negative_at(location)


def correct_query(query: dict[str, Any], wrong: str | None, path: str) -> None:
    """Cursors come from a page, positions from an answer; comparisons in a group have a grammar.

    What follows is none of this: events come as a batch where `from` is taken.
    """
    for name in query.keys() - {wrong}:
        if name == "after" or (name == "from" and path != "/events"):
            del query[name]
        elif name in FILTERS:
            query[name] = FILTERS[name]
        elif name == "from":
            query[name] = _seen.get(POSITION, "now")
        elif name == "order":  # a field is named once, in one direction
            names = {each.lstrip("-"): each for each in str(query[name]).split(",")}
            query[name] = ",".join(names.values())
        elif name.endswith("[in]"):
            query[name] = re.sub(r'[()"\\]', "", str(query[name]))


def correct_headers(headers: Any, wrong: str | None, number: int) -> None:
    """Positions come from an answer; conditions that are made up hold by chance, and hide the rest."""
    for name in headers.keys() & {*POSITIONS, *CONDITIONS} - {wrong}:
        if name in POSITIONS and POSITION in _seen:
            headers[name] = _seen[POSITION]
        elif name in POSITIONS or number % 4 or headers[name] == "0":  # 0: it found no value for the pattern
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

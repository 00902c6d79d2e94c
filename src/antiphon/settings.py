"""What an operator can set: one list, with the meaning, the default and the environment variable of each."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from antiphon.errors import SettingError, nearest

MEBIBYTE = 1024 * 1024
Positive = Meta(gt=0)
Seconds = Meta(gt=0, le=31_536_000)
Hours = Meta(le=1_000_000)


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one server; each a flag, or `ANTIPHON_<NAME>` in the environment, or its default."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0 picks a free one")] = 8000
    data: Annotated[str, Meta(description="folder that holds the store")] = "data"
    workers: Annotated[
        int, Meta(gt=0, le=256, description="processes that serve together, on the same data")
    ] = 1
    store: Annotated[str, Meta(description="store by URL; empty: SQLite in the data folder")] = ""
    log_format: Annotated[
        Literal["text", "json"], Meta(description="how log lines are written to standard error")
    ] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="least severe log line that is written"),
    ] = "info"
    readers: Annotated[int, Positive, Meta(description="threads of a worker that answer reads")] = 4
    page_size: Annotated[int, Positive, Meta(description="records in a page when no limit is given")] = 50
    max_page_size: Annotated[int, Positive, Meta(description="largest limit a page may ask for")] = 1000
    max_filter_terms: Annotated[
        int, Positive, Meta(le=500, description="comparisons in one filter; SQL cannot nest many more")
    ] = 100
    max_url_bytes: Annotated[int, Meta(gt=0, le=65_535), Meta(description="length of a URL, in bytes")] = 8192
    max_header_bytes: Annotated[int, Positive, Meta(description="length of all headers, in bytes")] = 32768
    max_body_bytes: Annotated[int, Positive, Meta(description="length of a JSON body, in bytes")] = (
        8 * MEBIBYTE
    )
    max_bulk_bytes: Annotated[int, Positive, Meta(description="length of an NDJSON body, in bytes")] = (
        256 * MEBIBYTE
    )
    max_connections: Annotated[int, Positive, Meta(description="connections a worker serves at once")] = (
        20_000
    )
    max_follows: Annotated[int, Positive, Meta(description="followers a worker serves at once")] = 15_000
    max_open_pages: Annotated[
        int, Positive, Meta(description="HTML pages one caller, or one address, keeps up to date at a worker")
    ] = 200
    max_snapshots: Annotated[
        int, Positive, Meta(description="snapshots a worker holds open at once for long answers")
    ] = 64
    header_seconds: Annotated[float, Seconds, Meta(description="time a client has to send its headers")] = (
        10.0
    )
    body_seconds: Annotated[float, Seconds, Meta(description="time a client may pause within a body")] = 30.0
    rate_per_caller: Annotated[
        int, Meta(ge=0, le=1_000_000_000, description="requests a minute of one caller; 0: no limit")
    ] = 60_000
    rate_per_address: Annotated[
        int, Meta(ge=0, le=1_000_000_000, description="requests a minute of one address; 0: no limit")
    ] = 0
    snapshot_seconds: Annotated[
        float, Seconds, Meta(description="time a client has to take a list or an export from one snapshot")
    ] = 60.0
    wait_seconds: Annotated[float, Seconds, Meta(description="time an answer waits for a position")] = 5.0
    heartbeat_seconds: Annotated[
        float, Seconds, Meta(description="pause after which a quiet stream gets a bookmark")
    ] = 15.0
    drain_seconds: Annotated[float, Seconds, Meta(description="time writes in flight have to finish")] = 10.0
    follower_bytes: Annotated[
        int, Positive, Meta(description="what one follower may leave unread before it is cut, in bytes")
    ] = MEBIBYTE
    answer_bytes: Annotated[
        int, Meta(ge=0, description="room for answers that are kept until a change concerns them, in bytes")
    ] = 64 * MEBIBYTE
    max_cause_depth: Annotated[
        int, Positive, Meta(description="reactions to reactions in one chain, before it is taken for a loop")
    ] = 32
    idempotency_hours: Annotated[
        float, Positive, Hours, Meta(description="how long a write's answer is kept")
    ] = 24.0
    retention_hours: Annotated[
        float, Hours, Meta(ge=0, description="age at which log entries may go; 0 keeps all")
    ] = 0.0
    retention_bytes: Annotated[
        int, Meta(ge=0, description="size of the log at which the oldest entries may go; 0 keeps all")
    ] = 0


class Setting(Struct, frozen=True):
    """One setting as it stands. `source` is where its value came from: "flag", "environment", "default"."""

    name: str
    value: Any
    source: str
    variable: str
    meaning: str


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    prefix: str = "ANTIPHON_",
) -> Settings:
    """Settings from `flags` (None: not given), then from the environment, then from the defaults.

    Raises:
        SettingError: a value cannot be used, or a flag is of no setting.
    """
    values = {setting.name: setting.value for setting in explain(flags, environment, prefix)}
    return Settings(**values)


def explain(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    prefix: str = "ANTIPHON_",
) -> list[Setting]:
    """Each setting with its value and where it came from; raises as `load` does."""
    environment = os.environ if environment is None else environment
    flags = {name: value for name, value in (flags or {}).items() if value is not None}
    hints = get_type_hints(Settings, include_extras=True)
    for name in flags:
        if name not in hints:
            raise SettingError(f"There is no setting {name!r}.", nearest(name, list(hints)))
    found = []
    for field in msgspec.structs.fields(Settings):
        variable = prefix + field.name.upper()
        if field.name in flags:
            value, source = flags[field.name], "flag"
        elif variable in environment:
            value, source = environment[variable], "environment"
        else:
            value, source = field.default, "default"
        metas = [meta for meta in hints[field.name].__metadata__ if isinstance(meta, Meta)]
        meaning = next(meta.description for meta in metas if meta.description)
        try:
            value = msgspec.convert(value, hints[field.name], strict=False)
        except msgspec.ValidationError as error:
            choices = get_args(get_args(hints[field.name])[0])
            hint = nearest(str(value), choices) if choices else f"{error}: {meaning}."
            raise SettingError(f"The setting {variable} has the value {value!r}.", hint) from None
        found.append(Setting(field.name, value, source, variable, meaning))
    return found

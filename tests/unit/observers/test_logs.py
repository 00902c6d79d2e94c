import io
import json
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from antiphon.observations import Committed, Failed, Observation, Pruned, Served, StoreFailed
from antiphon.observers import Logs


def served(status: int = 200) -> Served:
    return Served("id-1", "GET", '/songs/a "b"\n', "/songs/{id}", status, 0.25, None)


def failure() -> Failed:
    try:
        raise ValueError("what went wrong")
    except ValueError as error:
        return Failed("id-2", error)


def written(form: str, level: str, *observations: Observation) -> list[str]:
    stream = io.StringIO()
    logs = Logs(form, level, stream)
    for each in observations:
        logs.observe(each)
    return stream.getvalue().splitlines()


def test_a_line_as_json() -> None:
    (line,) = written("json", "info", served())
    entry = json.loads(line)
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "info",
        "event": "served",
        "request_id": "id-1",
        "method": "GET",
        "path": '/songs/a "b"\n',
        "route": "/songs/{id}",
        "status": 200,
        "seconds": 0.25,
        "caller": None,
    }


def test_a_line_as_text_is_one_line_whatever_is_in_it() -> None:
    (line,) = written("text", "info", served())
    assert "info    served request_id=id-1 method=GET" in line
    assert "path='/songs/a \"b\"\\n'" in line
    assert "seconds=0.250000" in line
    assert "caller" not in line


def test_a_failure_is_written_with_its_trace() -> None:
    lines = written("text", "error", failure())
    assert "error   failed request_id=id-2" in lines[0]
    assert "ValueError: what went wrong" in lines[0]
    assert lines[-1] == "ValueError: what went wrong"
    (line,) = written("json", "error", failure())
    assert "Traceback" in json.loads(line)["trace"]


@pytest.mark.parametrize(("level", "count"), [("debug", 6), ("info", 5), ("warning", 3), ("error", 3)])
def test_what_is_less_severe_than_asked_for_is_left_out(level: str, count: int) -> None:
    all_of_them = (
        served(),
        served(500),
        failure(),
        StoreFailed(OSError("full")),
        Pruned(5, 6),
        Committed(1, 1, 1, 0.1),
    )
    assert len(written("json", level, *all_of_them)) == count


def test_what_libraries_log_is_written_too() -> None:
    stream = io.StringIO()
    logs = Logs("json", "info", stream)
    logger = logging.getLogger("a.library")
    logger.addHandler(logs)
    try:
        logger.warning("look: %s", "here")
        logger.info("not this")
        try:
            raise KeyError("lost")
        except KeyError:
            logger.exception("failed")
    finally:
        logger.removeHandler(logs)
    warning, error = map(json.loads, stream.getvalue().splitlines())
    assert (warning["level"], warning["logger"], warning["message"]) == ("warning", "a.library", "look: here")
    assert "KeyError: 'lost'" in error["trace"]


def test_a_stream_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    closed = (tmp_path / "log").open("w")
    closed.close()
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - what could not be written fails again
    for stream in (closed, full):
        Logs("text", "info", stream).observe(served())
    with suppress(OSError):
        full.close()

"""What another service tells becomes the entries of its log again."""

from typing import Any

import pytest

from antiphon.errors import Malformed
from antiphon.operations.react.faraway import row_of

EVENT = {
    "specversion": "1.0",
    "id": "abcd-12",
    "source": "/social",
    "type": "play.changed",
    "subject": "/plays/p1",
    "time": "2026-01-31T12:00:00.000000Z",
    "caller": "ana",
    "cause": "catalog/efgh-3",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "data": {"before": {"song": "Ä"}, "after": None},
}


def test_an_event_is_an_entry() -> None:
    assert row_of(EVENT) == (
        12,
        "2026-01-31T12:00:00.000000Z",
        "/plays",
        "p1",
        "changed",
        '{"song":"Ä"}'.encode(),
        None,
        "ana",
        "catalog/efgh-3",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


@pytest.mark.parametrize(
    "event",
    [{}, {**EVENT, "subject": None}, {**EVENT, "data": []}, {**EVENT, "data": {}}, {**EVENT, "type": 1}],
)
def test_what_is_no_change_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="The source tells what is no change"):
        row_of(event)

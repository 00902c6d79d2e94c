import pytest

from antiphon.errors import InvalidHeader, NotAcceptable
from antiphon.server.negotiation import choose

OFFERS = ("application/json", "application/x-ndjson", "text/event-stream")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", 0),
        ("*/*", 0),
        ("application/json", 0),
        ("APPLICATION/JSON; charset=utf-8", 0),
        ("application/*", 0),
        ("text/*", 2),
        ("text/event-stream", 2),
        ("text/html, */*;q=0.1", 0),
        ("application/json;q=0.1, application/x-ndjson;q=0.2", 1),
        ("application/json;q=0, */*", 1),
        ("application/*;q=0, */*;q=0.3", 2),
        ("application/*;q=0.1, application/x-ndjson", 1),
        ("application/json;q=0.5;v=1 , , text/event-stream;q=0.6", 2),
        ("application/json;q=2, text/event-stream", 2),
        ("application/json;q=nan, text/event-stream;q=0.001", 2),
    ],
)
def test_the_best_that_is_liked_most(accept: str, chosen: int) -> None:
    assert choose(accept, OFFERS) == OFFERS[chosen]


@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "application/json;q=0", "image/*, text/plain"])
def test_nothing_that_is_liked(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="application/x-ndjson"):
        choose(accept, OFFERS)


def test_a_quality_that_is_no_number() -> None:
    with pytest.raises(InvalidHeader, match="'high'"):
        choose("application/json;q=high", OFFERS)

"""A server that is stopped and started again goes on where it was."""

import signal

import pytest
from tests.acceptance.conftest import Serving


def test_what_was_written_is_there_after_a_restart(serving: Serving) -> None:
    server = serving()
    with server.client() as client:
        made = client.post("/songs", json={"title": "So What"}).json()
    server.restart()
    with server.client() as client:
        assert client.get("/songs").json()["items"] == [made]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_ends_well(serving: Serving, how: signal.Signals) -> None:
    server = serving()
    assert server.end(how) == 0
    assert "Traceback" not in server.log.read_text()

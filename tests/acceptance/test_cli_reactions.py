"""`antiphon reactions` and `antiphon trace`, on services that run, and on those that don't."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.commands import antiphon
from tests.acceptance.server import Server, eventually

PROGRAM = Path(__file__).with_name("reacting.py")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Both services in one process; at the end they may have logged nothing but what was to fail."""
    server = Server(tmp_path / "data", PROGRAM, part="both").start()
    server.forgive("cannot be handled")
    yield server
    if server.running:
        server.stop()
    assert server.errors() == []


def listed(folder: Path, *stores: str) -> dict[str, Any]:
    rows = json.loads(antiphon("reactions", *(stores or ("data",)), "--json", folder=folder))
    return {row["name"]: row for row in rows}


def caught_up(folder: Path) -> bool:
    return all(row["lag"] == 0 and row["retrying"] == 0 for row in listed(folder).values())


def ledger(client: httpx.Client, listener: str) -> Any:
    return client.get(f"/ledgers/{listener}").json().get("entries")


def play(client: httpx.Client, id: str, listener: str, **headers: str) -> str:
    answer = client.put(f"/plays/{id}", json={"listener": listener}, headers=headers)
    assert answer.status_code == 201
    return answer.headers["Antiphon-Position"]


def test_what_is_parked_is_shown_and_helped(server: Server, tmp_path: Path) -> None:
    faults = server.folder / "faults"
    faults.write_text("p2 p4")
    with server.client() as client:
        positions = {id: play(client, id, "ana") for id in ("p1", "p2", "p3", "p4", "p5")}
        play(client, "q1", "ben")
        assert eventually(lambda: ledger(client, "ben") == ["q1"])
        assert eventually(lambda: len(listed(tmp_path)["note"]["parked"]) == 1)
        row = listed(tmp_path, "data/charts")["note"]
        assert (row["source"], row["state"], row["behind"]) == ("social/plays", "running", 3)
        (parked,) = row["parked"]
        assert parked == {
            "position": positions["p2"],
            "key": "ana",
            "kind": "added",
            "subject": "/plays/p2",
            "tries": 3,
            "error": "ValueError: p2 cannot be handled",
        }
        text = antiphon("reactions", "data", folder=tmp_path)
        assert f"note: parked {positions['p2']} added /plays/p2 after 3 tries: ValueError" in text
        metrics = client.get("/metrics").text
        labels = '{reaction="note",service="charts",source="social/plays"}'
        assert f"antiphon_reaction_parked{labels} 1.0" in metrics
        assert f"antiphon_reaction_waiting{labels} 3.0" in metrics
        assert f"antiphon_reaction_running{labels} 1.0" in metrics
        assert 'antiphon_reaction_failures_total{reaction="note",service="charts"} 3.0' in metrics

        said = antiphon("reactions", "retry", "data/charts", "note", "x-1", folder=tmp_path, code=1)
        assert f"note has not parked x-1. It has: {positions['p2']}." in said
        faults.write_text("p4")
        assert (
            antiphon("reactions", "retry", "data/charts", "note", folder=tmp_path) == "1 to be tried again.\n"
        )
        assert eventually(lambda: ledger(client, "ana") == ["p1", "p2", "p3"])
        assert eventually(
            lambda: [each["subject"] for each in listed(tmp_path)["note"]["parked"]] == ["/plays/p4"]
        )
        antiphon("reactions", "skip", "data/charts", "note", positions["p4"], folder=tmp_path)
        assert eventually(lambda: ledger(client, "ana") == ["p1", "p2", "p3", "p5"])
        assert eventually(lambda: client.get("/totals/all").json()["plays"] == 5)


def test_a_dry_run_shows_what_would_be_and_writes_nothing(server: Server, tmp_path: Path) -> None:
    faults = server.folder / "faults"
    faults.write_text("p2")
    program = f"{PROGRAM}:charts"
    with server.client() as client:
        play(client, "p1", "ana")
        play(client, "p2", "ana")
        assert eventually(lambda: len(listed(tmp_path)["note"]["parked"]) == 1)
        before = client.get("/ledgers").headers["Antiphon-Position"]
        data = str(server.folder)
        said = antiphon(
            "reactions", "retry", program, "note", "--dry-run", folder=tmp_path, ANTIPHON_DATA=data
        )
        assert "2 added /plays/p2\n  fails: ValueError: p2 cannot be handled\n" in said
        faults.unlink()
        said = antiphon(
            "reactions", "retry", program, "note", "--dry-run", folder=tmp_path, ANTIPHON_DATA=data
        )
        assert said == (
            "2 added /plays/p2\n"
            '  would have changed /ledgers/ana entries: ["p1"] → ["p1","p2"]\n'
            "Nothing was written.\n"
        )
        said = antiphon(
            "reactions",
            "replay",
            program,
            "note",
            "--from",
            "beginning",
            "--dry-run",
            folder=tmp_path,
            ANTIPHON_DATA=data,
        )
        assert said == (
            "1 added /plays/p1\n"
            '  would have changed /ledgers/ana entries: ["p1"] → ["p1","p1"]\n'
            "2 added /plays/p2\n"
            '  would have changed /ledgers/ana entries: ["p1","p1"] → ["p1","p1","p2"]\n'
            "Nothing was written.\n"
        )
        assert client.get("/ledgers").headers["Antiphon-Position"] == before
        said = antiphon(
            "reactions",
            "retry",
            "data/charts",
            "note",
            "--dry-run",
            folder=tmp_path,
            code=1,
            ANTIPHON_DATA=data,
        )
        assert "is a store, and to try a reaction takes its code" in said


def test_replay_and_rebuild_while_the_server_runs(server: Server, tmp_path: Path) -> None:
    with server.client() as client:
        first = play(client, "p1", "ana")
        play(client, "p2", "ana")
        assert eventually(lambda: ledger(client, "ana") == ["p1", "p2"])
        assert eventually(lambda: caught_up(tmp_path))
        antiphon("reactions", "replay", "data/charts", "note", "--from", first, folder=tmp_path)
        assert eventually(lambda: ledger(client, "ana") == ["p1", "p2", "p2"])
        assert eventually(lambda: caught_up(tmp_path))
        antiphon("reactions", "rebuild", "data/charts", "note", folder=tmp_path)
        assert eventually(lambda: ledger(client, "ana") == ["p1", "p2"])
        assert eventually(lambda: listed(tmp_path)["note"]["rebuild"] is None)
        assert eventually(lambda: client.get("/totals/all").json()["plays"] == 2)
        said = antiphon("reactions", "rebuild", "data/charts", "nobody", folder=tmp_path, code=1)
        assert "has no reaction 'nobody'. It has: note, total." in said


def test_lag_is_shown_of_a_server_that_is_down(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    social = Server(folder, PROGRAM, part="social", log=tmp_path / "social.log").start()
    charts = Server(folder, PROGRAM, part="charts", log=tmp_path / "charts.log", source=social.url).start()
    try:
        with social.client() as client:
            play(client, "p1", "ana")
            with charts.client() as other:
                assert eventually(lambda: ledger(other, "ana") == ["p1"])
            charts.stop()
            assert listed(tmp_path)["note"]["state"] == "running"
            play(client, "p2", "ana")
            play(client, "p3", "ana")
            time.sleep(0.2)
            row = listed(tmp_path)["note"]
            assert row["lag"] == 2
            assert 0.2 <= row["lag_seconds"] < 30
            assert "2 events" in antiphon("reactions", folder=tmp_path)
            said = antiphon(
                "reactions",
                "replay",
                f"{PROGRAM}:charts",
                "note",
                "--from",
                row["position"],
                "--limit",
                "1",
                "--dry-run",
                folder=tmp_path,
                ANTIPHON_DATA=str(folder),
                ANTIPHON_SOURCE=social.url,
            )
            assert said == (
                "2 added /plays/p2\n"
                '  would have changed /ledgers/ana entries: ["p1"] → ["p1","p2"]\n'
                "Nothing was written.\n"
            )
            charts.start()
            with charts.client() as other:
                assert eventually(lambda: ledger(other, "ana") == ["p1", "p2", "p3"])
            assert eventually(lambda: caught_up(tmp_path))
            social.stop()
            assert eventually(lambda: listed(tmp_path)["note"]["state"] == "waiting")
            social.start()
            assert eventually(lambda: listed(tmp_path)["note"]["state"] == "running")
    finally:
        for server in (social, charts):
            if server.running:
                server.stop()
    assert social.errors() == charts.errors() == []


def test_a_source_that_is_another_is_told_and_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    server = Server(folder, PROGRAM, part="both").start()
    server.forgive("another incarnation")
    try:
        with server.client() as client:
            play(client, "p1", "ana")
            assert eventually(lambda: ledger(client, "ana") == ["p1"])
        server.stop()
        for each in folder.glob("social.db*"):
            each.unlink()
        server.start()
        with server.client() as client:
            play(client, "p2", "ana")
            assert eventually(lambda: listed(tmp_path)["note"]["state"] == "gone")
            assert "note: " in antiphon("reactions", folder=tmp_path)
            assert "belongs to another incarnation" in antiphon("reactions", folder=tmp_path)
            antiphon("reactions", "replay", "data/charts", "note", "--from", "beginning", folder=tmp_path)
            assert eventually(lambda: ledger(client, "ana") == ["p1", "p2"])
            assert listed(tmp_path)["note"]["state"] == "running"
    finally:
        server.stop()
    assert server.errors() == []


def test_a_trace_is_the_tree_of_a_request_in_all_services(server: Server, tmp_path: Path) -> None:
    with server.client() as client:
        position = play(client, "p1", "ana", traceparent=TRACE)
        assert eventually(lambda: client.get("/totals/all").status_code == 200)
        life = client.get("/totals").headers["Antiphon-Position"].rpartition("-")[0]
    for asked in (position, f"social/{position}", f"{life}-2"):
        first, second, third = antiphon("trace", asked, folder=tmp_path).splitlines()
        mark = [" *" if each in asked else "" for each in (position, f"{life}-1", f"{life}-2")]
        assert f"social/{position}{mark[0]} added /plays/p1 listener=" in first
        assert second.startswith("└─ +")
        assert f" ms charts/{life}-1{mark[1]} added /ledgers/ana" in second
        assert third.startswith("   └─ +")
        assert f" ms charts/{life}-2{mark[2]} added /totals/all plays=1" in third
    alone = antiphon("trace", f"{life}-2", "data/charts", folder=tmp_path).splitlines()
    assert alone[0] == f"{position} is in none of these stores"
    assert len(alone) == 3
    said = antiphon("trace", "nowhere-7", folder=tmp_path, code=1)
    assert "None of the stores has the change nowhere-7." in said

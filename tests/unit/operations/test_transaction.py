from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.operations.running import Band, Venue

from antiphon import Application, Settings, Transaction
from antiphon.errors import AlreadyExists, Invalid, NotFound, NotUnique

APP = Application(Band, Venue, name="bands", settings=Settings())


def test_a_transaction_reads_what_it_wrote(tmp_path: Path) -> None:
    def command(tx: Transaction) -> list[str]:
        one = tx.create(Band(name="Öne", founded=1))
        two = tx.create(Band(id="two", name="Two", founded=1))
        assert (one.revision, two.revision, two.id) == (1, 2, "two")
        assert tx.get(Band, one.id) == one
        found = tx.find(Band, name="ÖNE")
        assert found is not None
        assert found == one
        assert tx.find(Band, name="none") is None
        assert tx.find(Band, founded=None) is None
        assert [each.id for each in tx.select(Band, order="-name", founded=1)] == ["two", one.id]
        assert [each.id for each in tx.select(Band, order="name", limit=1)] == [one.id]
        changed = tx.update(two, founded=2)
        assert changed.revision == 3
        assert tx.update(changed, founded=2).revision == 3  # nothing differs
        assert tx.put(changed).revision == 3
        assert tx.put(Band(id="two", name="Three")).revision == 4
        assert tx.put(Band(name="Four")).revision == 5
        tx.delete(one)
        with pytest.raises(NotFound):
            tx.get(Band, one.id)
        with pytest.raises(NotFound):
            tx.delete(one)
        with pytest.raises(NotFound):
            tx.update(one, founded=3)
        assert tx.caller is None
        assert abs((datetime.now(UTC) - tx.now).total_seconds()) < 60
        return [band.name for band in tx.select(Band, order="name")]

    with APP.connect(tmp_path) as connection:
        assert connection.write(command) == ["Four", "Three"]
        assert connection.count(Band) == 2
        assert connection.count(Band, name="four") == 1
        assert connection.count(Band, founded=None) == 2
        (band,) = connection.select(Band, order="-name", limit=1)
        assert connection.get(Band, band.id) == band == connection.find(Band, name="three")
        assert connection.find(Band, name="nobody") is None
        with pytest.raises(NotFound, match="nobody"):
            connection.get(Band, "nobody")


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (lambda tx: tx.create(Band(id="kept", name="x")), AlreadyExists),
        (lambda tx: tx.create(Band(name="KEPT")), NotUnique),
        (lambda tx: tx.create(Band(id="a.b", name="x")), Invalid),
        (lambda tx: tx.update(tx.get(Band, "kept"), name=3), Invalid),
        (lambda tx: tx.create(Band(name="a\0b")), Invalid),
        (lambda tx: tx.update(tx.get(Band, "kept"), nme="x"), Invalid),
        (lambda tx: tx.update(tx.get(Band, "kept"), id="x"), Invalid),
        (lambda tx: tx.update(tx.get(Band, "kept"), founded="x"), Invalid),
        (lambda tx: tx.find(Band, nme="x"), Invalid),
        (lambda tx: tx.find(Band, founded="1999"), Invalid),
        (lambda tx: tx.find(Band, tags=["a"]), Invalid),
        (lambda tx: tx.select(Band, order="nme"), Invalid),
        (lambda tx: tx.get(Band, "nobody"), NotFound),
    ],
)
def test_what_is_refused_leaves_nothing_behind(tmp_path: Path, command: Any, error: type[Exception]) -> None:
    def after_a_write(tx: Transaction) -> None:
        tx.create(Band(name="before"))
        command(tx)

    with APP.connect(tmp_path) as connection:
        connection.write(lambda tx: tx.create(Band(id="kept", name="Kept")))
        with pytest.raises(error):
            connection.write(after_a_write)
        with pytest.raises(error):
            connection.write(command)
        assert [band.id for band in connection.select(Band)] == ["kept"]
        assert connection.write(lambda tx: tx.create(Venue(name="next"))).revision == 2


def test_a_record_that_was_given_is_not_changed_by_later_writes(tmp_path: Path) -> None:
    with APP.connect(tmp_path) as connection:
        band = connection.write(lambda tx: tx.create(Band(name="x", tags=["a"])))
        band.tags.append("b")
        band.name = "y"
        assert connection.get(Band, band.id).name == "x"
        assert connection.get(Band, band.id).tags == ["a"]


def test_a_command_may_catch_a_refusal_and_go_on(tmp_path: Path) -> None:
    def command(tx: Transaction) -> int:
        tx.create(Band(id="one", name="One"))
        with pytest.raises(NotUnique):
            tx.create(Band(name="one"))
        with pytest.raises(AlreadyExists):
            tx.create(Band(id="one", name="Other"))
        return tx.create(Band(name="Two")).revision

    with APP.connect(tmp_path) as connection:
        assert connection.write(command) == 2
        assert connection.count(Band) == 2

"""A store is found by a folder or a URL, and its adapter is loaded only when it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.errors import StoreError
from antiphon.observations import Observers
from antiphon.resources import Resource, declare
from antiphon.settings import Settings
from antiphon.store import hold, open_store


class Song(Resource, path="/songs"):
    title: str


@pytest.mark.parametrize(
    ("place", "file"),
    [
        ("", "data/app.db"),
        ("{folder}/other", "other/app.db"),
        ("sqlite:///{folder}/x/y.db", "x/y.db"),
    ],
)
def test_a_place_is_a_folder_or_a_url(tmp_path: Path, place: str, file: str) -> None:
    settings = Settings(data=str(tmp_path / "data"))
    store = open_store(place.format(folder=tmp_path), "app", [declare(Song)], settings, Observers())
    store.ping()
    store.close()
    assert (tmp_path / file).is_file()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgres://host/name", "unknown kind 'postgres'"),
        ("sqlite://relative.db", "names no file"),
        ("sqlite:///", "names no file"),
    ],
)
def test_a_url_that_names_nothing_is_refused(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as refused:
        open_store(url, "app", [declare(Song)], Settings(), Observers())
    assert refused.value.hint


def test_one_server_holds_a_store_and_others_the_rest_of_its_folder(tmp_path: Path) -> None:
    with (
        hold(tmp_path / "x", "z"),
        hold(f"sqlite:///{tmp_path}/x/y.db", "app"),
        pytest.raises(StoreError, match="in use by the server"),
    ):
        hold(tmp_path / "x", "y")


def test_the_adapter_is_loaded_on_demand() -> None:
    code = "import sys, antiphon.store; print('antiphon.store.sqlite' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"

"""Links from songs to their files."""

from pathlib import Path

from antiphon_music.catalog.audio.shelf import Shelf


def test_a_song_leads_to_its_file_and_another_to_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    assert shelf.file("one") is None
    assert dict(shelf.all()) == {}
    shelf.put([("one", tmp_path / "music" / "one.ogg")])
    assert shelf.file("one") == tmp_path / "music" / "one.ogg"
    assert shelf.file("two") is None
    assert dict(shelf.all()) == {"one": tmp_path / "music" / "one.ogg"}


def test_a_song_may_get_another_file(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    shelf.put([("one", tmp_path / "old.ogg")])
    shelf.put([("one", tmp_path / "new.ogg"), ("two", tmp_path / "two.ogg")])
    assert dict(shelf.all()) == {"one": tmp_path / "new.ogg", "two": tmp_path / "two.ogg"}


def test_files_within_the_data_folder_move_with_it(tmp_path: Path) -> None:
    (tmp_path / "data" / "demo").mkdir(parents=True)
    (tmp_path / "data" / "demo" / "one.ogg").write_bytes(b"sound")
    Shelf(tmp_path / "data").put([("one", tmp_path / "data" / "demo" / "one.ogg")])
    (tmp_path / "data").rename(tmp_path / "moved")
    found = Shelf(tmp_path / "moved").file("one")
    assert found is not None
    assert found.read_bytes() == b"sound"


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    strange = tmp_path / "caf\udce9.ogg"
    shelf = Shelf(tmp_path / "data")
    shelf.put([("one", strange)])
    assert shelf.file("one") == strange


def test_what_a_crash_left_is_no_song(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    shelf.put([("one", tmp_path / "one.ogg")])
    (tmp_path / "data" / "audio" / ".two.4711").symlink_to("nowhere")
    assert dict(shelf.all()) == {"one": tmp_path / "one.ogg"}

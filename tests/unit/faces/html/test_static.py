from pathlib import Path

import pytest

from antiphon.errors import DeclarationError, NotFound
from antiphon.faces.html import static
from antiphon.faces.html.static import Static


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("p {}")
    before = Static([tmp_path]).address("app.css")
    assert before.startswith("/static/app-")
    assert before.endswith(".css")
    (tmp_path / "app.css").write_text("a {}")
    found = Static([tmp_path])
    assert found.address("app.css") != before
    assert found.address("app.css") in found
    assert before not in found


def test_only_known_kinds_of_files_are_served_and_the_first_folder_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / "icons").mkdir(parents=True)
        (folder / "icons" / "a.svg").write_text(f"<svg>{folder.name}</svg>")
        (folder / "page.html").write_text("secret")
        (folder / "keys.json.bak").write_text("secret")
    found = Static([first, second])
    assert found.address("icons/a.svg") == Static([first]).address("icons/a.svg")
    for name in ("page.html", "keys.json.bak", "../first/icons/a.svg"):
        with pytest.raises(NotFound):
            found.address(name)


def test_a_file_is_packed_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("p { color: red }\n" * 100)
    (tmp_path / "dot.svg").write_text("<svg/>")
    first, second = Static([tmp_path]), Static([tmp_path])
    address = first.address("app.css")
    packed = first._files[address].packed
    assert packed is not None
    assert packed == second._files[address].packed
    assert len(packed) < 200
    assert first._files[first.address("dot.svg")].packed is None


def test_an_unknown_name_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("")
    with pytest.raises(NotFound) as told:
        Static([tmp_path]).address("ap.css")
    assert "Did you mean 'app.css'?" in told.value.hint


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "LARGEST", 100_000)
    (tmp_path / "app.css").write_text("x" * 100_001)
    with pytest.raises(DeclarationError, match=r"app\.css is larger than 100,000 bytes"):
        Static([tmp_path])
    (tmp_path / "app.css").unlink()
    for number in range(5):
        (tmp_path / f"{number}.css").write_text("x" * 99_000)
    with pytest.raises(DeclarationError, match="400,000 are the most"):
        Static([tmp_path])

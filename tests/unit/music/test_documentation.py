"""The reference of music says of its commands what the code does."""

from pathlib import Path
from typing import Any

import pytest
import typer

from antiphon_music.cli import app
from antiphon_music.services import SERVICES

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "music.md").read_text()
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_explained(name: str) -> None:
    _, found, section = TEXT.partition(f"\n### music {name}")
    assert found
    section = section.partition("\n### ")[0]
    if name == "import":  # a guide of its own
        return
    for each in COMMANDS[name].params:
        if each.param_type_name == "option" and "--help" not in each.opts:
            assert f"`{each.opts[0]}`" in section
            assert f"`{each.envvar}`" in section or each.envvar == "MUSIC_DATA"


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_explained(name: str) -> None:
    assert f"| `{name}` |" in TEXT

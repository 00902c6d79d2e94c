"""Flags: each setting is one, each has a variable of its own, and none of them is read by accident."""

import inspect
import os
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from msgspec import structs
from tests.unit.cli.leaves import leaves

from antiphon.cli.commands import commands
from antiphon.cli.flags import settings_for, takes_settings
from antiphon.errors import SettingError
from antiphon.settings import Settings, explain

SETTINGS = {each.name: each for each in explain({}, {})}
COMMANDS = leaves(commands)


def options(command: str) -> Iterator[Any]:
    for each in COMMANDS[command].params:
        if each.param_type_name == "option" and "--help" not in each.opts:
            yield each


@pytest.mark.parametrize("command", ["serve", "settings"])
def test_each_setting_is_a_flag_with_its_variable_meaning_and_default(command: str) -> None:
    flags = {each.name: each for each in options(command)}
    for name, setting in SETTINGS.items():
        flag = flags[name]
        assert flag.opts == ["--" + name.replace("_", "-")]
        assert flag.envvar == setting.variable
        assert flag.help == setting.meaning
        assert flag.default == str(setting.value)


def test_each_flag_of_each_command_has_a_variable_that_means_nothing_else() -> None:
    meanings: dict[str, set[str]] = {}
    for command in COMMANDS:
        for each in options(command):
            assert isinstance(each.envvar, str), f"{command} {each.opts}"
            assert each.envvar.startswith("ANTIPHON_")
            meanings.setdefault(each.envvar, set()).add(
                each.name if each.name in SETTINGS else f"{command} {each.name}"
            )
    assert {variable: found for variable, found in meanings.items() if len(found) > 1} == {}
    assert not {"ANTIPHON_KIND", "ANTIPHON_POSITION"} & meanings.keys()  # what --exec tells its command


@pytest.mark.usefixtures("environment")
def test_only_what_the_command_line_says_comes_as_flags() -> None:
    found: list[dict[str, Any]] = []

    @takes_settings("port", "data")
    def command(place: str, flags: dict[str, Any], more: bool = False) -> None:
        found.append({"place": place, "more": more, **flags})

    assert list(inspect.signature(command).parameters) == ["context", "place", "more", "port", "data"]
    app = typer.Typer()
    app.command()(command)
    os.environ["ANTIPHON_DATA"] = "elsewhere"
    typer.main.get_command(app)(["here", "--port", "80", "--more"], standalone_mode=False)
    typer.main.get_command(app)(["there"], standalone_mode=False)
    assert found == [{"place": "here", "more": True, "port": "80"}, {"place": "there", "more": False}]


@pytest.fixture
def environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("environment")
def test_flags_come_before_the_environment_and_that_before_the_program() -> None:
    os.environ["ANTIPHON_PAGE_SIZE"] = "20"
    os.environ["ANTIPHON_READERS"] = "2"
    program = Settings(page_size=1, readers=1, max_page_size=77)
    settings = settings_for(program, {"page_size": "30"})
    assert settings == structs.replace(program, page_size=30, readers=2)
    assert settings_for(None, {}) == Settings(page_size=20, readers=2)
    with pytest.raises(SettingError, match="ANTIPHON_READERS"):
        settings_for(program, {"readers": "0"})

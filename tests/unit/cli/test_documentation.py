"""The reference says of settings, commands and the client what the code does, and all of it."""

import inspect
import re
from pathlib import Path

from tests.unit.cli.leaves import leaves

from antiphon import Client
from antiphon.cli.commands import commands
from antiphon.settings import explain

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
COMMANDS = leaves(commands)
SETTINGS = {each.name: each for each in explain({}, {})}


def rows(text: str, columns: int) -> list[tuple[str, ...]]:
    """The cells of all tables in `text` that have so many columns, without their heads."""
    bodies = re.sub(r"^\|.*\|\n\|(?:---\|)+\n", "", text, flags=re.MULTILINE)
    found = []
    for line in re.findall(r"^\|(.*)\|$", bodies, flags=re.MULTILINE):
        cells = tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line))
        if len(cells) == columns:
            found.append(cells)
    return found


def test_the_settings_are_those_of_the_code() -> None:
    documented = rows((REFERENCE / "settings.md").read_text(), 3)
    assert documented == [
        (f"`{each.name}`", "" if each.value == "" else f"`{each.value}`", each.meaning)
        for each in SETTINGS.values()
    ]


def test_the_commands_are_those_of_the_code() -> None:
    sections = re.split(r"^## antiphon ", (REFERENCE / "command-line.md").read_text(), flags=re.MULTILINE)
    assert [section.partition("\n")[0] for section in sections[1:]] == [
        " ".join([name, *(each.metavar for each in command.params if each.param_type_name == "argument")])
        for name, command in COMMANDS.items()
    ]
    for section, command in zip(sections[1:], COMMANDS.values(), strict=True):
        text = section.partition("\n")[2]
        assert text.strip().startswith(command.help.strip())
        flags = [
            (f"`{each.opts[0]}{'' if each.is_flag else f' {each.metavar}'}`", f"`{each.envvar}`", each.help)
            for each in command.params
            if each.param_type_name == "option" and each.name not in SETTINGS and "--help" not in each.opts
        ]
        assert rows(text, 3) == flags


def test_the_client_is_that_of_the_code() -> None:
    text = (REFERENCE / "client.md").read_text()
    documented = {}
    for signature, _ in rows(text, 2):
        if found := re.fullmatch(r"`(\w+)\((.*)\)`", signature):
            documented[found[1]] = found[2]
    methods = {
        name: inspect.signature(method)
        for name, method in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_")
    }
    assert documented == {name: _parameters(signature) for name, signature in methods.items()}
    assert f"`Client({_parameters(inspect.signature(Client))})`" in text


def _parameters(signature: inspect.Signature) -> str:
    """As the documentation writes them: without types, and without `self`."""
    found = []
    for each in signature.parameters.values():
        if each.name == "self":
            continue
        if each.kind == each.KEYWORD_ONLY and "*" not in found:
            found.append("*")
        star = "**" if each.kind == each.VAR_KEYWORD else ""
        positional = each.kind == each.POSITIONAL_ONLY or each.default is each.empty
        found.append(star + each.name + ("" if positional else f"={each.default!r}"))
    return ", ".join(found)

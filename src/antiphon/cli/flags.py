"""Flags: one for every setting, made from the settings themselves; and those of single commands."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import typer

from antiphon.settings import Setting, Settings, explain

PREFIX = "ANTIPHON_"
METAVARS = {int: "INTEGER", float: "NUMBER", str: "TEXT"}


def flag(command: str, name: str, meaning: str, **more: Any) -> Any:
    """The flag `--name` of one command, with its environment variable."""
    variable = f"{PREFIX}{command}_{name}".upper().replace("-", "_")
    return typer.Option(f"--{name}", envvar=variable, help=meaning, **more)


def takes_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command a flag for each setting in `names` (none: for all).

    What was given on the command line, and nothing else, comes to it as the mapping `flags`: the
    environment is read where settings are loaded.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [each for each in inspect.signature(command).parameters.values() if each.name != "flags"]
        settings = [_parameter(each) for each in explain({}, {}) if not names or each.name in names]
        known = {each.name for each in settings}

        def run(context: typer.Context, **values: Any) -> None:
            given = {
                name: values.pop(name)
                for name in known
                if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
            }
            command(**{name: value for name, value in values.items() if name not in known}, flags=given)

        context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [
            context,
            *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
            *settings,
        ]
        run.__name__ = command.__name__
        run.__doc__ = command.__doc__
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return decorate


def settings_for(program: Settings | None, flags: dict[str, Any]) -> Settings:
    """The settings of flags and environment; for the rest, those that the program itself gives."""
    given = {each.name: each.value for each in explain(flags) if each.source != "default"}
    return msgspec.structs.replace(program or Settings(), **given)


def _parameter(setting: Setting) -> inspect.Parameter:
    option = typer.Option(
        "--" + setting.name.replace("_", "-"),
        envvar=setting.variable,
        help=setting.meaning,
        metavar=_metavar(setting.name),
        show_default=setting.value != "",
    )
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=str(setting.value),
        annotation=Annotated[str, option],
    )


def _metavar(name: str) -> str:
    kind = get_type_hints(Settings)[name]
    return "|".join(get_args(kind)) if get_origin(kind) is Literal else METAVARS[kind]

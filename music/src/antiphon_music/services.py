"""The services of music: all in one process, or each alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from antiphon import Application, Services, errors

from .catalog.application import catalogue
from .charts.application import charts
from .identity.application import identity
from .notifications.application import notifications
from .pages import pages
from .social.application import social
from .surroundings import Surroundings

SERVICES: Mapping[str, Callable[[Surroundings], Application]] = {
    "catalog": catalogue,
    "identity": identity,
    "social": social,
    "charts": charts,
    "notifications": notifications,
}
"""What makes each service. None imports another: they learn of each other by their logs."""


def music(around: Surroundings) -> Services:
    """All of them, at one address."""
    return Services(*(make(around) for make in SERVICES.values()), title="Music", pages=pages)


def one_service(name: str, around: Surroundings) -> Application:
    """One alone.

    Raises:
        SettingError: there is no such service, or one that it reacts to is not among the sources.
    """
    if name not in SERVICES:
        raise errors.SettingError(f"There is no service {name!r}.", f"Known: {', '.join(SERVICES)}.")
    made = SERVICES[name](around)
    missing = sorted({each.service for each in made.reactions} - {"", *around.sources})
    if missing:
        named = " ".join(f"--source {each}=URL" for each in missing)
        raise errors.SettingError(f"{name} reacts to {', '.join(missing)}.", f"Say where: {named}.")
    return made

"""Serving an application, or several at one address."""

from contextlib import ExitStack
from typing import TypeAlias

from antiphon.application.application import Application
from antiphon.application.services import Services
from antiphon.errors import DeclarationError
from antiphon.server.serve import run
from antiphon.settings import Settings
from antiphon.store import hold

Served: TypeAlias = Application | Services
"""What can be served."""


def serve(app: Served, settings: Settings | None = None) -> bool:
    """Run `app` until a signal comes; prints `listening on http://H:N` once it answers. Whether it started.

    Raises:
        SettingError: the address cannot be listened on.
        StoreError: another server has the data, or they cannot be used as they are.
        DeclarationError: it reacts to an application that does not run along.
    """
    _refuse_absent(app)
    if settings is not None:
        app.settings = settings
    chosen = app.current_settings()
    with ExitStack() as held:
        for each in app.applications:
            held.enter_context(hold(chosen.store or chosen.data, each.name))
        try:
            return run(app, chosen, f"{_places(app)} · description at /docs · data in {chosen.data}")
        except SystemExit:
            if app.failure is not None:
                raise app.failure from None
            raise


def _refuse_absent(app: Served) -> None:
    """Refuse to wait for ever for what never starts in this process."""
    for each in app.applications:
        for reaction in each.reactions:
            source = each.sources.get(reaction.service)
            if isinstance(source, Application) and source not in app.applications:
                raise DeclarationError(
                    f"The reaction {reaction.name} reacts to {source.name}, which does not run here.",
                    f'Say where it does: Application(..., sources={{"{source.name}": "http://..."}}).',
                )


def _places(app: Served) -> str:
    """What is served where, in a line."""
    served = [f"{each.name}: {' '.join(one.path for one in each.served)}" for each in app.applications]
    log = "/events" if isinstance(app, Application) else "/services/NAME/events"
    return " · ".join([*served, f"log at {log}"])

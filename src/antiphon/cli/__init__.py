"""The command `antiphon`."""

from antiphon.cli.commands import main

__all__ = ["main"]

"""Paths: where a resource is served."""

import re

from antiphon.errors import DeclarationError

PATH = re.compile(r"/[a-z0-9]+(?:[-_][a-z0-9]+)*")
OWN = ("antiphon_", "sqlite_")
"""What names the tables that are not a resource's."""


def compile_paths(name: str, declared: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of the class `name`, the canonical one first; by default its plural in kebab case.

    Raises:
        DeclarationError: a path cannot be served, or is there twice.
    """
    paths = declared or ("/" + _plural(_kebab(name)),)
    for path in paths:
        if not PATH.fullmatch(path) or table_of(path).startswith(OWN):
            raise DeclarationError(
                f"{name} has the path {path!r}.",
                'Give it one segment in lower case, path="/top-songs"; not with antiphon or sqlite first.',
            )
    if len(set(paths)) < len(paths):
        raise DeclarationError(f"{name} has a path twice: {', '.join(paths)}.", "Name each once.")
    return paths


def table_of(path: str) -> str:
    """The table of the resource whose canonical path this is."""
    return path[1:].replace("-", "_")


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")

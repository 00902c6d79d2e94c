"""Templates: Jinja, in which all text is escaped and nothing is undefined."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.runtime import Context
from markupsafe import Markup
from msgspec import Struct

from antiphon.errors import DeclarationError
from antiphon.faces.html.pages import Pages
from antiphon.faces.html.static import Static

LIVE = "live_"
"""What names of blocks begin with that are kept up to date in open pages."""
NOTING = "__noting__"
_ROOT = re.compile(r'\s*<([a-zA-Z][\w-]*)(?=[\s>])[^>]*?\sid="([\w-]+)"')


class LivePart(Struct, frozen=True):
    """A part of a page that is kept up to date: an element, and what tells this state from others."""

    html: str
    digest: str


class _Noting(Struct):
    """The live parts of one page in the making, by their ids, and those whose blocks are being made."""

    parts: dict[str, LivePart]
    within: set[str]


class Templates:
    """The program's templates, and the toolkit's.

    Raises:
        DeclarationError: one cannot be read; names the file, the line and what is wrong.
    """

    def __init__(self, pages: Pages, static: Static) -> None:
        own = PackageLoader("antiphon.faces.html")
        users = [FileSystemLoader(folder) for folder in pages.templates]
        self._environment = environment = Environment(
            loader=ChoiceLoader([*users, own, PrefixLoader({"antiphon": own})]),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=1000,
        )
        environment.template_class = _Template
        environment.globals["static"] = static.address
        environment.filters |= {"time": time_element, "segment": segment, **pages.filters}
        self._found: dict[tuple[str, ...], Template] = {}
        for name in environment.list_templates(["html"]):
            self._get((name,))

    def render(self, names: tuple[str, ...], context: Mapping[str, Any]) -> tuple[str, dict[str, LivePart]]:
        """The first template that there is, as text, and its live parts by their ids."""
        noting = _Noting({}, set())
        return self._get(names).render({**context, NOTING: noting}), noting.parts

    def require(self, names: tuple[str, ...]) -> None:
        """Raise `DeclarationError` if there is none of these."""
        self._get(names)

    def _get(self, names: tuple[str, ...]) -> Template:
        found = self._found.get(names)
        if found is None:
            found = self._found[names] = self._load(names)
        return found

    def _load(self, names: tuple[str, ...]) -> Template:
        try:
            return self._environment.select_template(list(names))
        except TemplateNotFound as error:
            raise DeclarationError(
                f"There is no template {names[0]!r}" + (f" ({error.message})." if error.message else "."),
                "Put it into the folder that Pages(templates=…) names.",
            ) from None
        except TemplateSyntaxError as error:
            raise DeclarationError(
                f"The template {error.filename or error.name} has a fault in line {error.lineno}: "
                f"{error.message}",
                "Mend it there.",
            ) from None


class _Template(Template):
    """Notes what its live blocks come to while the page is made: they need not be made again for streams."""

    @classmethod
    def _from_namespace(cls, environment: Any, namespace: Any, around: Any) -> "Template":
        made = super()._from_namespace(environment, namespace, around)
        made.blocks = {
            name: _Noted(name, block) if name.startswith(LIVE) else block
            for name, block in made.blocks.items()
        }
        return made


class _Noted:
    """A live block that notes what it comes to. It equals the block that it stands for: by that, Jinja finds
    the one that `super()` means; which is a part of this one then, and no part of its own."""

    def __init__(self, name: str, block: Callable[[Context], Iterator[str]]) -> None:
        self._name = name
        self._id = name.replace("_", "-")
        self._block = block

    def __eq__(self, other: object) -> bool:
        return other is self or other is self._block

    def __hash__(self) -> int:
        return hash(self._block)

    def __call__(self, context: Context) -> Iterator[str]:
        noting: _Noting = context.parent[NOTING]
        if self._id in noting.within:
            yield from self._block(context)
            return
        noting.within.add(self._id)
        text = "".join(self._block(context))
        noting.within.discard(self._id)
        root = _ROOT.match(text)
        if root is None or root[2] != self._id:
            raise TemplateError(
                f"The block {self._name} does not begin with an element that has the id {self._id}: "
                f'write {{% block {self._name} %}}<div id="{self._id}">…</div>{{% endblock %}}.'
            )
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        end = root.end(1)
        text = f'{text[:end]} data-live="{digest}"{text[end:]}'
        noting.parts[self._id] = LivePart(text.strip(), digest)
        yield text


def time_element(value: str | datetime | None) -> Markup:
    """A time (RFC 3339) as an element that the page shows in the reader's own zone; here it is in UTC."""
    if value is None:
        return Markup("")
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    at = at.astimezone(UTC)
    said = at.strftime("%Y-%m-%d %H:%M UTC")
    return Markup(f'<time datetime="{at:%Y-%m-%dT%H:%M:%S.%fZ}">{said}</time>')  # noqa: S704 - digits alone


def segment(text: Any) -> str:
    """A text as one segment of a path."""
    return quote(str(text), safe="")

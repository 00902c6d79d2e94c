"""HTML as a browser and its reader see it, for tests."""

from html.parser import HTMLParser
from itertools import pairwise

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
Attributes = dict[str, str | None]


class Form:
    """A form, with what it sends if nothing is typed."""

    def __init__(self, attributes: Attributes) -> None:
        self.action = attributes.get("action") or ""
        self.method = attributes.get("method") or "get"
        self.fields: dict[str, str] = {}
        self.label = ""


class Document(HTMLParser):
    """A page: its elements, its text, and the text of each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.text = ""
        self.forms: list[Form] = []
        self._open: list[str] = []
        self._texts: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
            self._texts.append((tag, []))
        if tag == "form":
            self.forms.append(Form(attributes))
        elif self.forms and (name := attributes.get("name")) and "form" in self._open:
            if attributes.get("type") != "checkbox" or "checked" in attributes:
                self.forms[-1].fields[name] = attributes.get("value") or ""
        elif tag == "button" and self.forms and "form" in self._open:
            self.forms[-1].label = attributes.get("aria-label") or self.forms[-1].label

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> comes before the end of {self._open[-1]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for tag in self._open:
            for name, pieces in reversed(self._texts):
                if name == tag:
                    pieces.append(data)
                    break

    def all(self, tag: str) -> list[Attributes]:
        """The attributes of all elements of a kind, in order."""
        return [attributes for name, attributes in self.elements if name == tag]

    def texts(self, tag: str) -> list[str]:
        """The text in each element of a kind, in order."""
        return ["".join(pieces).strip() for name, pieces in self._texts if name == tag]

    def form(self, action: str) -> Form:
        """The first form that is sent to a path."""
        return next(each for each in self.forms if each.action == action)

    def faults(self) -> list[str]:
        """What no page should have."""
        found = []
        ids = [each["id"] for _, each in self.elements if each.get("id")]
        found += [f"two elements have the id {id}" for id in {each for each in ids if ids.count(each) > 1}]
        labelled = {each.get("for") for each in self.all("label")}
        for tag, each in self.elements:
            found += [f"<{tag} {name}>" for name in each if name.startswith("on") or name == "style"]
            found += [f"<{tag}> within the page" for _ in (1,) if tag == "style"]
            if tag == "script" and not (each.get("src") or "").startswith("/static/"):
                found.append("<script> within the page")
            if tag == "img" and "alt" not in each:
                found.append("<img> without alt")
            for name in ("href", "src", "action"):
                place = each.get(name)
                if place is not None and (not place.startswith(("/", "#")) or place.startswith("//")):
                    found.append(f"<{tag} {name}={place!r}> leads elsewhere")
            typed = tag in ("input", "textarea", "select") and each.get("type") not in ("hidden", "checkbox")
            if typed and each.get("id") not in labelled and "aria-label" not in each:
                found.append(f"<{tag} name={each.get('name')!r}> has no label")
        levels = [int(tag[1]) for tag, _ in self.elements if tag in ("h1", "h2", "h3", "h4")]
        if levels.count(1) != 1 or levels[:1] != [1]:
            found.append(f"headings begin with {levels[:2]}")
        found += [f"h{b} follows h{a}" for a, b in pairwise(levels) if b > a + 1]
        return found

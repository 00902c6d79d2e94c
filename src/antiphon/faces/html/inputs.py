"""Inputs: the fields of forms as HTML, each with its label, its help and what is wrong with it."""

from html import escape

from markupsafe import Markup
from msgspec import Struct

Choices = tuple[tuple[str, str], ...]
"""Values and what they are called."""


class Input(Struct):
    """One field of a form. `kind` is the type of an `<input>`, or "select", "textarea" or "checkbox"."""

    name: str
    label: str
    kind: str
    value: str = ""
    required: bool = False
    help: str = ""
    unit: str = ""
    error: str = ""
    attributes: dict[str, str] = {}
    options: Choices = ()
    suggestions: Choices = ()

    def html(self, prefix: str = "") -> Markup:
        """All of it; `prefix` makes its id another than that of the same field in another form."""
        id = escape(prefix + self.name.replace("[", "-").replace("]", ""))
        helped = f'<p class="help" id="{id}-help">{escape(self.help)}</p>' if self.help else ""
        error = f'<p class="error" id="{id}-error">{escape(self.error)}</p>' if self.error else ""
        wrong = " wrong" if self.error else ""
        inside = self._checkbox(id) if self.kind == "checkbox" else f"{self._label(id)}{self._control(id)}"
        return Markup(f'<div class="field{wrong}">{inside}{helped}{error}</div>\n')  # noqa: S704 - escaped

    def _label(self, id: str) -> str:
        unit = f' <span class="unit">({escape(self.unit)})</span>' if self.unit else ""
        required = ' <span class="required">required</span>' if self.required else ""
        return f'<label for="{id}">{escape(self.label)}{unit}{required}</label>'

    def _checkbox(self, id: str) -> str:
        """It sends `false` too: what is not sent at all is left as it is."""
        name, checked = escape(self.name), " checked" if self.value == "true" else ""
        return (
            f'<input type="hidden" name="{name}" value="false"><label class="check">'
            f'<input type="checkbox" id="{id}" name="{name}" value="true"{checked}{self._described(id)}> '
            f"{escape(self.label)}</label>"
        )

    def _control(self, id: str) -> str:
        own = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        required = " required" if self.required else ""
        common = f'id="{id}" name="{escape(self.name)}"{self._described(id)}{own}{required}'
        if self.kind == "select":
            options = "".join(_option(value, label, self.value) for value, label in self.options)
            return f"<select {common}>{options}</select>"
        if self.kind == "textarea":
            return f'<textarea {common} rows="4" dir="auto">\n{escape(self.value)}</textarea>'
        direction = ' dir="auto"' if self.kind == "text" else ""
        value = f' value="{escape(self.value)}"' if self.value else ""
        if not self.suggestions:
            return f'<input type="{self.kind}" {common}{value}{direction}>'
        options = "".join(_option(value, label, None) for value, label in self.suggestions)
        return (
            f'<input type="{self.kind}" {common}{value}{direction} list="{id}-list">'
            f'<datalist id="{id}-list">{options}</datalist>'
        )

    def _described(self, id: str) -> str:
        said = [f"{id}-error"] if self.error else []
        said += [f"{id}-help"] if self.help else []
        by = f' aria-describedby="{" ".join(said)}"' if said else ""
        return f'{by} aria-invalid="true"' if self.error else by


def _option(value: str, label: str, chosen: str | None) -> str:
    selected = " selected" if value == chosen else ""
    return f'<option value="{escape(value)}"{selected} dir="auto">{escape(label)}</option>'

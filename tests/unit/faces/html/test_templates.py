from pathlib import Path

import pytest
from jinja2 import TemplateError, UndefinedError

from antiphon.errors import DeclarationError
from antiphon.faces.html.pages import Pages
from antiphon.faces.html.static import Static
from antiphon.faces.html.templates import Templates, segment, time_element

LAYOUT = "<header>{% block live_bell %}<b id='x'>{% endblock %}</header>{% block main %}{% endblock %}"


def templates(folder: Path, **files: str) -> Templates:
    """The toolkit's templates, and those given, by their names without `.html`."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    pages = Pages(templates=folder)
    return Templates(pages, Static(()))


def test_all_text_is_escaped(tmp_path: Path) -> None:
    found = templates(tmp_path, page='<p title="{{ text }}">{{ text }}</p>')
    text, parts = found.render(("page.html",), {"text": "\"<script>'&"})
    assert text == '<p title="&#34;&lt;script&gt;&#39;&amp;">&#34;&lt;script&gt;&#39;&amp;</p>'
    assert parts == {}


def test_a_name_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    found = templates(tmp_path, page="{{ nothing }}")
    with pytest.raises(UndefinedError, match="nothing"):
        found.render(("page.html",), {})


def test_the_programs_own_come_first_and_the_toolkits_stay(tmp_path: Path) -> None:
    found = templates(tmp_path, plain='own {% include "antiphon/plain.html" %}')
    problem = {"title": "T", "detail": "D", "hint": "", "code": "c", "status": 400, "request_id": ""}
    assert found.render(("plain.html",), {"problem": problem})[0].startswith("own <!doctype html>")
    first = found.render(("task/plain.html", "plain.html"), {"problem": problem})[0]
    assert first == found.render(("plain.html",), {"problem": problem})[0]


def test_live_blocks_are_noted_wherever_they_stand(tmp_path: Path) -> None:
    found = templates(
        tmp_path,
        base='{% block live_bell %}<b id="live-bell">{{ count }}</b>{% endblock %}'
        "{% block main %}{% endblock %}",
        page='{% extends "base.html" %}{% block main %}\n'
        '{% block live_list %}\n<ul class="wide" id="live-list"><li>{{ item }}</li></ul>\n{% endblock %}'
        "{% endblock %}",
        child='{% extends "page.html" %}{% block live_bell %}{{ super() }}{% endblock %}',
    )
    text, parts = found.render(("page.html",), {"count": 1, "item": "x"})
    assert parts.keys() == {"live-bell", "live-list"}
    for part in parts.values():
        assert part.html in text
        assert f'data-live="{part.digest}"' in part.html
    _, again = found.render(("page.html",), {"count": 2, "item": "x"})
    assert again["live-bell"].digest != parts["live-bell"].digest
    assert again["live-list"] == parts["live-list"]
    extended, third = found.render(("child.html",), {"count": 1, "item": "x"})
    assert third == parts
    assert extended.strip() == text.strip()


@pytest.mark.parametrize(
    "inside",
    ["text", '<p id="other">x</p>', "<p>x</p>", '<p data-id="live-it">x</p>', "", '<p id="live_it">x</p>'],
)
def test_a_live_block_begins_with_an_element_of_its_name(tmp_path: Path, inside: str) -> None:
    found = templates(tmp_path, page=f"{{% block live_it %}}{inside}{{% endblock %}}")
    with pytest.raises(TemplateError, match=r'the id live-it: write {% block live_it %}<div id="live-it">'):
        found.render(("page.html",), {})


def test_a_faulty_template_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"page\.html has a fault in line 2: .*endfor"):
        templates(tmp_path, page="<p>\n{% for x in y %}</p>")


def test_a_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"There is no template 'none\.html'"):
        templates(tmp_path).require(("none.html",))


def test_a_time_is_an_element() -> None:
    assert time_element("2027-03-01T12:30:00.5+02:00") == (
        '<time datetime="2027-03-01T10:30:00.500000Z">2027-03-01 10:30 UTC</time>'
    )
    assert time_element(None) == ""


def test_a_text_is_one_segment_of_a_path() -> None:
    assert segment("a/b?c#d ü") == "a%2Fb%3Fc%23d%20%C3%BC"

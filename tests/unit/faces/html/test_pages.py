from pathlib import Path
from typing import Any

import pytest

from antiphon import Application, Ask, Pages, Resource, Services
from antiphon.errors import DeclarationError


class Task(Resource):
    title: str


class Live(Resource, path="/live"):
    title: str


async def nothing(ask: Ask) -> dict[str, Any]:
    return {}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="named by templates"):
        Pages(templates=tmp_path / "none")
    with pytest.raises(DeclarationError, match="named by static"):
        Pages(static=[tmp_path, str(tmp_path / "none")])


@pytest.mark.parametrize("path", ["desk", "/{a}/{a}", "/{a:nothing}"])
def test_a_path_that_is_none_is_told(path: str) -> None:
    with pytest.raises(DeclarationError, match="A page has the path"):
        Pages().view(path, template="home.html")(nothing)


def test_two_pages_at_one_address_are_refused() -> None:
    pages = Pages()
    pages.view("/desk", template="home.html")(nothing)
    with pytest.raises(DeclarationError, match="two pages at /desk"):
        pages.view("/desk", template="list.html")(nothing)


def test_a_view_without_its_template_is_told_at_the_start() -> None:
    pages = Pages()
    pages.view("/desk", template="desk.html")(nothing)
    with pytest.raises(DeclarationError, match=r"no template 'desk\.html'"):
        Application(Task, pages=pages)
    with pytest.raises(DeclarationError, match=r"no template 'desk\.html'"):
        Services(Application(Task, name="tasks"), pages=pages)


def test_the_address_of_streams_is_taken() -> None:
    with pytest.raises(DeclarationError, match="Live has the path /live"):
        Application(Live)

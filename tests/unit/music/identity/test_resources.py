import re

import pytest

from antiphon_music.identity.resources import NAME


@pytest.mark.parametrize("name", ["a", "ana", "Ana", "7", "a.b", "ana_lima-7", "a" * 40])
def test_names(name: str) -> None:
    assert re.search(NAME, name)


@pytest.mark.parametrize("name", ["", ".", "a.", "-a", "_", "a b", "@ana", "ana\n", "é", "a/b", "a,", "ana!"])
def test_what_could_not_be_told_from_the_text_around_it_is_no_name(name: str) -> None:
    assert not re.search(NAME, name)

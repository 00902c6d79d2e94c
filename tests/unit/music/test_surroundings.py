import time
from pathlib import Path

import pytest

from antiphon import Issuer, Tokens
from antiphon.errors import DeclarationError, SettingError
from antiphon_music import surroundings as module
from antiphon_music.identity.application import identity
from antiphon_music.services import SERVICES, music, one_service
from antiphon_music.surroundings import ISSUER, Reader, here, surroundings

URLS = {
    "identity": "http://127.0.0.1:1",
    "catalog": "http://127.0.0.1:2",
    "social": "http://127.0.0.1:3",
}


def test_a_service_shows_itself_by_a_token_that_is_made_anew_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = Tokens(tmp_path, issuer=ISSUER)
    reader = Reader(tokens)
    first = reader()["Authorization"]
    assert reader()["Authorization"] == first
    caller = tokens.verify(first.removeprefix("Bearer "))
    assert caller.roles == {"service"}
    assert caller.expires is not None
    assert caller.expires > time.time() + module.TOKEN_SECONDS / 2
    later = time.monotonic() + module.TOKEN_SECONDS / 2 + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert reader()["Authorization"] != first


def test_with_a_token_it_has_no_part_in_the_keys(tmp_path: Path) -> None:
    around = surroundings(tmp_path, URLS, "a token")
    assert isinstance(around.identify, Issuer)
    assert around.identify.jwks_url == "http://127.0.0.1:1/.well-known/jwks.json"
    assert around.sources.keys() == URLS.keys()
    assert not (tmp_path / "keys").exists()
    with pytest.raises(DeclarationError, match="where others could change them"):
        surroundings(tmp_path, {"identity": "http://identity.example"}, "a token")
    with pytest.raises(SettingError, match="identity signs tokens itself"):
        identity(around)


def test_each_service_is_made_alone_and_together(tmp_path: Path) -> None:
    assert [each.name for each in music(here(tmp_path)).applications] == list(SERVICES)
    for name in SERVICES:
        assert one_service(name, surroundings(tmp_path, URLS)).name == name
    with pytest.raises(SettingError, match="catalog reacts to identity"):
        one_service("catalog", here(tmp_path))
    with pytest.raises(SettingError, match="no service 'catalogue'"):
        one_service("catalogue", here(tmp_path))

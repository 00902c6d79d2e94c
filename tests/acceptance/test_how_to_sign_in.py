"""The how-to on signing in, as it is written."""

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.scenario import problem
from tests.acceptance.server import ROOT


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The first example of the page, served."""
    text = (ROOT / "docs/how-to/sign-in.md").read_text()
    found = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    path = tmp_path / "notes.py"
    path.write_text(
        f"{found[1]}\nif __name__ == '__main__':\n    from antiphon import serve\n    serve(app)\n"
    )
    return path


def test_a_person_signs_in(program: Path, serving: Serving, tmp_path: Path) -> None:
    names: dict[str, Any] = {"__name__": "notes"}
    exec(program.read_text(), names)
    with names["app"].connect(tmp_path / "data") as connection:
        connection.write(lambda tx: names["add_user"](tx, "ana", "s3cret", secrets.token_hex(16)))
    server = serving(tmp_path / "data", program)
    with server.client() as client:
        answer = client.post("/sign-in", json={"name": "ana", "password": "s3cret"})
        assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
        made = client.post("/notes", json={"text": "Mine"}, headers={"Origin": server.url})
        assert made.json()["author"] == "ana"  # by the cookie
        client.cookies.clear()
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert client.post("/notes", json={"text": "Mine"}, headers=token).json()["author"] == "ana"
        told = [
            problem(client.post("/sign-in", json={"name": name, "password": "guess"}), 401, "not_signed_in")
            for name in ("ana", "nobody")
        ]
        assert told[0]["detail"] == told[1]["detail"]
        [person] = client.get("/users").json()["items"]
        assert person.keys() == {"id", "revision"}

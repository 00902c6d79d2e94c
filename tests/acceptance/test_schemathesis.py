"""The service is what its description says, taken at its word by schemathesis: all checks, links followed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.acceptance.conftest import Serving
from tests.acceptance.server import ROOT, Server

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
TERMS = 200
"""Comparisons in a filter that the server allows here: requests with each of the parameters are tried."""


@pytest.fixture
def described(serving: Serving) -> Server:
    return serving(program=HERE / "described.py", max_filter_terms=TERMS)


def schemathesis(server: Server, folder: Path, *options: str) -> None:
    """Run it on `server` from `folder`; fails with what it found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment = kept | {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.acceptance.knowledge"}
    config = ("--config-file", str(HERE / "schemathesis.toml"))
    done = subprocess.run(
        (str(SCHEMATHESIS), *config, "run", f"{server.url}/openapi.json", "--no-color", *options),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-20_000:]}{done.stderr[-2_000:]}"
    assert "Tested: " in done.stdout


def test_requests_made_from_the_description(described: Server, tmp_path: Path) -> None:
    """Examples, random values that fit and that do not, and walks along the links."""
    schemathesis(described, tmp_path, "--phases", "examples,fuzzing,stateful", "-n", "4", "--seed", "1")


def test_requests_at_the_bounds(described: Server, tmp_path: Path) -> None:
    """Each bound of each value, met and missed; of one resource and of what every service has."""
    few = ("--include-tag", "Band", "--include-tag", "Service", "--exclude-method", "HEAD")
    schemathesis(described, tmp_path, "--phases", "coverage", "--seed", "1", *few)


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        ("--phases", "examples,coverage"),
        ("--phases", "fuzzing", "-n", "100"),
        ("--phases", "stateful", "-n", "100", "--max-time", "120"),
    ],
    ids=lambda options: options[1],
)
def test_many_requests(described: Server, tmp_path: Path, options: tuple[str, ...]) -> None:
    """As above, all and more of each, and others each time; what is found is printed with its seed."""
    schemathesis(described, tmp_path, *options)

"""Settings: where each value comes from, what it may be, and that each is explained."""

from typing import Any

import msgspec
import pytest

from antiphon.errors import SettingError
from antiphon.settings import Settings, explain, load

NAMES = [field.name for field in msgspec.structs.fields(Settings)]


def test_defaults_stand_when_nothing_is_said() -> None:
    assert load({}, {}) == Settings()
    assert Settings().host == "127.0.0.1"
    assert Settings().retention_hours == Settings().retention_bytes == 0


def test_flags_come_before_the_environment_before_defaults() -> None:
    environment = {"ANTIPHON_PORT": "1", "ANTIPHON_HOST": "::1", "OTHER_PORT": "9"}
    found = {each.name: each for each in explain({"port": 2, "host": None}, environment)}
    assert (found["port"].value, found["port"].source) == (2, "flag")
    assert (found["host"].value, found["host"].source) == ("::1", "environment")
    assert (found["data"].value, found["data"].source) == ("data", "default")
    assert found["port"].variable == "ANTIPHON_PORT"
    assert load({"port": 2}, environment).port == 2
    assert load({}, environment, prefix="OTHER_").port == 9


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_PAGE_SIZE", "7")
    assert load().page_size == 7


def test_each_setting_is_explained() -> None:
    found = explain({}, {})
    assert [each.name for each in found] == NAMES
    for each in found:
        assert each.meaning
        assert each.variable == f"ANTIPHON_{each.name.upper()}"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("wait_seconds", "0.5", 0.5),
        ("wait_seconds", "3", 3.0),
        ("log_format", "json", "json"),
        ("retention_hours", "0", 0.0),
        ("max_filter_terms", "500", 500),
    ],
)
def test_text_is_read_as_the_settings_type(name: str, text: str, value: Any) -> None:
    assert getattr(load({}, {f"ANTIPHON_{name.upper()}": text}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("port", ""),
        ("port", "80.5"),
        ("port", True),
        ("page_size", "0"),
        ("readers", "0"),
        ("max_filter_terms", "501"),
        ("wait_seconds", "0"),
        ("wait_seconds", "nan"),
        ("wait_seconds", "inf"),
        ("wait_seconds", "1e300"),
        ("idempotency_hours", "0"),
        ("idempotency_hours", "inf"),
        ("retention_hours", "-1"),
        ("retention_hours", "nan"),
        ("retention_hours", "1e9"),
        ("retention_bytes", "-1"),
        ("retention_bytes", "1 GB"),
        ("log_level", "loud"),
        ("log_format", "JSON"),
        ("host", 5),
    ],
)
@pytest.mark.parametrize("source", ["flag", "environment"])
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: Any, source: str) -> None:
    variable = f"ANTIPHON_{name.upper()}"
    flags, environment = ({name: value}, {}) if source == "flag" else ({}, {variable: value})
    with pytest.raises(SettingError) as caught:
        load(flags, environment)
    assert variable in caught.value.detail
    assert repr(value) in caught.value.detail
    assert caught.value.hint


def test_a_choice_names_the_nearest() -> None:
    with pytest.raises(SettingError) as caught:
        load({"log_level": "warn"}, {})
    assert caught.value.hint == "Did you mean 'warning'? Known: debug, info, warning, error."


def test_a_flag_of_no_setting_is_refused() -> None:
    with pytest.raises(SettingError) as caught:
        load({"prot": 1}, {})
    assert caught.value.detail == "There is no setting 'prot'."
    assert caught.value.hint.startswith("Did you mean 'port'?")

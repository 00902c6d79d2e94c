import pytest

from antiphon.errors import InvalidHeader, PreconditionFailed
from antiphon.server.preconditions import content_tag, record_tag, require, unchanged

TAG = '"abcd-5-f0"'


def test_tags() -> None:
    assert record_tag("abcd", 5, "f0") == TAG
    assert content_tag(b"x") == content_tag(b"x") != content_tag(b"y")
    assert content_tag(b"").startswith('"')


@pytest.mark.parametrize(
    ("header", "same"),
    [
        (None, False),
        ("*", True),
        (" * ", True),
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"x", W/{TAG} , "y"', True),
        ('"x"', False),
        ('""', False),
    ],
)
def test_what_a_client_has_already(header: str | None, same: bool) -> None:
    assert unchanged(header, TAG) is same


@pytest.mark.parametrize("header", ["abc", '"abc', 'abc"', "W/abc", '"a" "b"', '"a"b', ",", '"a\x00b"'])
def test_what_is_no_tag(header: str) -> None:
    for check in (lambda: unchanged(header, TAG), lambda: require(TAG, header, None)):
        with pytest.raises(InvalidHeader):
            check()


@pytest.mark.parametrize(
    ("current", "if_match", "if_none_match"),
    [
        (TAG, None, None),
        (None, None, None),
        (TAG, "*", None),
        (TAG, f'"x", {TAG}', None),
        (None, None, "*"),
        (None, None, TAG),
        (TAG, None, '"x"'),
        (TAG, TAG, '"x"'),
    ],
)
def test_conditions_that_hold(current: str | None, if_match: str | None, if_none_match: str | None) -> None:
    require(current, if_match, if_none_match)


@pytest.mark.parametrize(
    ("current", "if_match", "if_none_match"),
    [
        (None, "*", None),
        (None, TAG, None),
        (TAG, '"x"', None),
        (TAG, f"W/{TAG}", None),
        (TAG, None, "*"),
        (TAG, None, TAG),
        (TAG, None, f"W/{TAG}"),
        (TAG, TAG, TAG),
    ],
)
def test_conditions_that_do_not(current: str | None, if_match: str | None, if_none_match: str | None) -> None:
    with pytest.raises(PreconditionFailed, match="Song") as caught:
        require(current, if_match, if_none_match, "Song")
    assert caught.value.hint


@pytest.mark.parametrize("current", [None, TAG])
def test_a_condition_is_read_whether_there_is_a_record_or_not(current: str | None) -> None:
    with pytest.raises(InvalidHeader, match="If-None-Match"):
        require(current, None, "")

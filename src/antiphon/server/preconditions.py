"""Conditional requests: entity tags, If-Match and If-None-Match (RFC 9110, 8.8.3 and 13)."""

import re
from hashlib import blake2b

from antiphon.errors import InvalidHeader, PreconditionFailed
from antiphon.log import Position

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST = re.compile(rf"\s*(?:{_TAG.pattern}\s*(?:,\s*|$))+")


def record_tag(incarnation: str, revision: int, form: str) -> str:
    """The entity tag of a record: the position at which it last changed, and the `form` of its declaration.

    A field that is declared anew is in every record's JSON from then on, and no record has changed.
    """
    return f'"{Position(incarnation, revision)}-{form}"'


def content_tag(content: bytes) -> str:
    """The entity tag of any other answer: a digest of its bytes."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def unchanged(if_none_match: str | None, tag: str) -> bool:
    """Whether a client that sent `If-None-Match` has what `tag` names already."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in (each for _, each in _tags("If-None-Match", if_none_match))


def require(
    current: str | None, if_match: str | None, if_none_match: str | None, what: str = "record"
) -> None:
    """Hold a write to its conditions; `current` is the record's entity tag, None if there is no record.

    Raises:
        PreconditionFailed: one does not hold.
    """
    if if_match is not None:
        wanted = if_match.strip()
        if wanted != "*":
            strong = [each for weak, each in _tags("If-Match", if_match) if not weak]
            fits = current in strong
        else:
            fits = current is not None
        if not fits:
            raise PreconditionFailed(
                f"If-Match is {wanted[:100]}; the {what} has {current or 'none: it does not exist'}.",
                "Read it again, and apply your change to what it is now.",
            )
    if unchanged(if_none_match, current or "") and current is not None:
        raise PreconditionFailed(
            f"If-None-Match is {(if_none_match or '').strip()[:100]}, and the {what} has {current}.",
            "Leave the header out to replace it.",
        )


def _tags(header: str, text: str) -> list[tuple[str, str]]:
    if not _LIST.fullmatch(text):
        raise InvalidHeader(f"{header} is {text[:100]!r}.", 'Write entity tags in quotes: "abc", or *.')
    return _TAG.findall(text)

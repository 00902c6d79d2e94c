"""What notifications say."""

import pytest

from antiphon_music.notifications.wording import text_of


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("like", "/comments/c", ["ana"], 1, 1), "ana liked your comment"),
        (("like", "/comments/c", ["ana", "ben"], 2, 2), "ana and ben liked your comment"),
        (("like", "/comments/c", ["ana", "ben", "cy"], 3, 3), "ana and 2 others liked your comment"),
        (("like", "/comments/c", ["ana", "ben", "cy"], 13, 13), "ana and 12 others liked your comment"),
        (("like", "/comments/c", ["ana"], 2, 2), "ana and 1 other liked your comment"),
        (("mention", "/songs/s", ["ana"], 1, 2), "ana mentioned you 2 times in comments on a song"),
        (("mention", "/comments/c", ["ana", "ben"], 2, 2), "ana and ben mentioned you in replies"),
        (("reply", "/comments/c", ["ana"], 1, 3), "ana replied to your comment 3 times"),
        (("reply", "/comments/c", ["ana", "ben"], 2, 3), "ana and ben replied to your comment 3 times"),
        (("mention", "/songs/s", ["ana"], 1, 1), "ana mentioned you in a comment on a song"),
        (("mention", "/albums/a", ["ana"], 1, 1), "ana mentioned you in a comment on an album"),
        (("mention", "/comments/c", ["ana"], 1, 1), "ana mentioned you in a reply"),
        (("follower", "/users/u", ["ana", "ben"], 2, 2), "ana and ben started following you"),
        (("song", "/artists/a", ["Trio"], 1, 1, "Blue"), "New song by Trio: Blue"),
        (("album", "/artists/a", ["Trio"], 1, 2, "Blue"), "2 new albums by Trio"),
        (("song", "/artists/a", [], 1, 1, "Blue"), "New song by an artist you follow: Blue"),
    ],
)
def test_text(given: tuple[object, ...], text: str) -> None:
    assert text_of(*given) == text  # type: ignore[arg-type]

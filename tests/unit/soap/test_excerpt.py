"""What a peer wrote never breaks a line."""

import pytest

from ocpp_sdk.soap.excerpt import excerpt


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é", "plain é"),
        ("a\nb\r\tc\x1b[31m\u2028\x85", "a b  c [31m  "),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_excerpt_is_one_short_line(text: str, line: str) -> None:
    """Line ends and control characters become blanks."""
    assert excerpt(text) == line

"""Keys of nodes, and texts that sort.

Keys show what they stand for. What a key may not hold is written as `~` and two hexadecimal digits for each byte; so
are blanks, because a blank stands between the parts of a key. A key never looks like a number, because a node whose
keys are numbers is given back as an array. Where the order counts, records have children of their own, which are
indexed: there each character of a text is written so that the results sort as the texts do, by code point.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

from ocpp_sdk.errors import StorageError
from ocpp_sdk.storage.folding import fold

__all__ = ["END", "folded", "key", "number_key", "order", "padded", "plain", "split_number"]

END: Final = "\x7f"
"""Sorts behind whatever `order` returns, and can be put behind it to reach over all that begins so."""

_DIGITS: Final = 16
_LONGEST_BYTES: Final = 600
_KEPT_BYTES: Final = 500
# What the database forbids, what a URL gives another meaning, what this escape itself needs, and the characters from
# which on there are two ways to sort.
_ESCAPED: Final = re.compile("[\x00-\x20\x7f.$#\\[\\]/?%&+\\\\~\ud800-\U0010ffff]")
_ESCAPE: Final = re.compile(r"(?:~[0-9A-F]{2})+")
_NUMBER: Final = re.compile(r"=|-?[0-9]+\Z|\Z")
_UNSORTED: Final = re.compile('[^"-}]')


def key(*parts: str) -> str:
    """Return the key of a node.

    Args:
        parts: what it stands for; texts that are compared without case have been folded.

    Raises:
        StorageError: a text is no Unicode.
    """
    for part in parts:
        _bytes(part)
    text = " ".join(_ESCAPED.sub(_escape, part) for part in parts)
    if _NUMBER.match(text):
        text = "=" + text
    raw = _bytes(text)
    if len(raw) <= _LONGEST_BYTES:
        return text
    digest = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    # No other key has two escape signs in a row.
    return raw[:_KEPT_BYTES].decode("utf-8", "ignore") + "~~" + digest


def plain(text: str) -> str:
    """Return the only part of a key; of a very long one its beginning."""
    return _ESCAPE.sub(
        lambda found: bytes.fromhex(found[0].replace("~", "")).decode(errors="replace"), text.removeprefix("=")
    )


def padded(number: int) -> str:
    """Return the digits of a number, so that the texts sort as the numbers do."""
    return f"{number:0{_DIGITS}}" if number >= 0 else f"-{10**_DIGITS + number:0{_DIGITS}}"


def number_key(number: int) -> str:
    """Return the key of a record that is kept under its number."""
    return f"n{padded(number)}"


def order(*parts: str | int) -> str:
    """Return a text that sorts as the parts do, one after the other; texts are not folded here."""
    return " ".join(padded(part) if isinstance(part, int) else _sortable(part) for part in parts)


def split_number(text: str) -> int:
    """Return the number at the end of a text of `order`."""
    return int(text.rpartition(" ")[2])


def folded(identity: str) -> str:
    """Return the sortable form of an identity or id tag."""
    return order(fold(identity))


def _sortable(text: str) -> str:
    _bytes(text)
    return _UNSORTED.sub(_widened, text)


def _widened(found: re.Match[str]) -> str:
    # Below stand "!" and two digits, above "~" and six: first and last of the signs that are used.
    code = ord(found[0])
    return f"!{code:02x}" if code < 0x22 else f"~{code:06x}"


def _escape(found: re.Match[str]) -> str:
    return "".join(f"~{byte:02X}" for byte in found[0].encode())


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise StorageError(f"{text[:40]!r} is no Unicode text; leave out the lone surrogates") from error

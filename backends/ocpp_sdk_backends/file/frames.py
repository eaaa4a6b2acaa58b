r"""The format of the files: a line that names it, then frames.

A frame is what one verb changed. It is there as a whole or not at all: its head tells its length and a checksum. All
frames that went to the disk together carry the offset at which the first of them begins. Since that happens only after
all before them are on the disk, a damaged frame is the torn end of a write that was never acknowledged, unless frames
of a later write follow.

    ocpp-sdk journal format 1\n
    ~OFFSET_OF_WRITE LENGTH CHECKSUM\n
    LINE\n
    LINE\n
    ~…
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

__all__ = [
    "FORMAT",
    "HEAD",
    "DamageError",
    "FormatError",
    "Frame",
    "after_opening",
    "frame",
    "frame_at",
    "frames",
    "later_write",
    "opening_line",
]

FORMAT: Final = 1
HEAD: Final = 36
"""Bytes of the head of a frame."""

_SUMMED: Final = 26
_FIRST_LINE: Final = re.compile(rb"ocpp-sdk (journal|snapshot|index) format ([0-9]{1,9})\n")
_LONGEST_FIRST_LINE: Final = 64
_HEAD: Final = re.compile(rb"~([0-9a-f]{16}) ([0-9a-f]{8}) ([0-9a-f]{8})\n")


class FormatError(Exception):
    """A file that is none of ours, or of a later format."""


class DamageError(Exception):
    """A frame that is not as it was written.

    Attributes:
        offset: where it begins.
    """

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that was read.

    Attributes:
        offset: where it begins.
        write: offset at which the write began that it belongs to.
        body: its lines.
    """

    offset: int
    write: int
    body: bytes

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + HEAD + len(self.body)


def opening_line(kind: str) -> bytes:
    """Return the first line of a file, `journal`, `snapshot` or `index`."""
    return f"ocpp-sdk {kind} format {FORMAT}\n".encode()


def after_opening(data: bytes, kind: str) -> int:
    """Return where the first frame of a file begins.

    Raises:
        FormatError: the file cannot be read by this version, in words that follow its name.
    """
    found = _FIRST_LINE.match(data[:_LONGEST_FIRST_LINE])
    if found is None or found[1] != kind.encode():
        raise FormatError(f"is damaged at byte 0, it does not begin as a {kind} of ocpp-sdk does")
    if int(found[2]) > FORMAT:
        raise FormatError(
            f"has format {int(found[2])}, and this version of ocpp-sdk reads up to {FORMAT}; use a later version"
        )
    return found.end()


def frame(body: bytes, write: int) -> bytes:
    """Return the bytes of a frame.

    Args:
        body: its lines.
        write: offset at which the write begins.
    """
    summed = b"~%016x %08x" % (write, len(body))
    return b"%b %08x\n%b" % (summed, crc32(body, crc32(summed)), body)


def frame_at(data: bytes, offset: int) -> Frame:
    """Return the frame at an offset.

    Raises:
        DamageError: there is none, or it is not whole.
    """
    head = data[offset : offset + HEAD]
    if len(head) < HEAD:
        raise DamageError(offset, "it ends within the head of a frame")
    parts = _HEAD.fullmatch(head)
    if parts is None:
        raise DamageError(offset, "no frame begins there")
    write, length, checksum = (int(part, 16) for part in parts.groups())
    body = data[offset + HEAD : offset + HEAD + length]
    if len(body) < length:
        raise DamageError(offset, "it ends within a frame")
    if crc32(body, crc32(head[:_SUMMED])) != checksum:
        raise DamageError(offset, "the checksum of a frame is another one")
    return Frame(offset, write, body)


def frames(data: bytes, offset: int) -> Iterator[Frame]:
    """Yield the frames of a file.

    Raises:
        DamageError: one is not whole.
    """
    while offset < len(data):
        found = frame_at(data, offset)
        yield found
        offset = found.end


def later_write(data: bytes, offset: int) -> bool:
    """Return whether a write that began behind an offset left a whole frame."""
    # What looks like a head within a line is none: a line has no line break in it.
    position = data.find(b"~", offset + 1)
    while position >= 0:
        try:
            if frame_at(data, position).write > offset:
                return True
        except DamageError:
            pass
        position = data.find(b"~", position + 1)
    return False

"""The end of the journal, to which is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ocpp_sdk_backends.file.disk import put_in_place, said, sync, write_at
from ocpp_sdk_backends.file.frames import HEAD, frame, opening_line
from ocpp_sdk_backends.file.indexes import SegmentIndex
from ocpp_sdk_backends.file.segments import Segment, Segments, segment_name

__all__ = ["Journal", "LostError"]


class LostError(Exception):
    """A write of which nobody knows whether it is on the disk."""


class Journal:
    """The last segment.

    Attributes:
        segment: to which is written.
    """

    def __init__(self, folder: Path, segments: Segments, segment: Segment) -> None:
        self.segment = segment
        self._folder = folder
        self._segments = segments

    def size_with(self, bodies: Sequence[bytes]) -> int:
        """Return how large the segment will be with some more frames."""
        return self.segment.size + sum(HEAD + len(body) for body in bodies)

    def append(self, bodies: Sequence[bytes]) -> list[int]:
        """Write frames together, and return when they are on the disk.

        Returns:
            The offset of each.

        Raises:
            OSError: nothing was written.
            LostError: something may have been written.
        """
        fd, begin = self.segment.fd, self.segment.size
        offsets, end = [], begin
        for body in bodies:
            offsets.append(end)
            end += HEAD + len(body)
        try:
            write_at(fd, b"".join(frame(body, begin) for body in bodies), begin)
        except OSError:
            self._take_back(begin)
            raise
        try:
            sync(fd)
        except OSError as error:
            # What failed to be written is no longer known to the system; a second try would succeed without it.
            raise LostError(said(error)) from error
        self.segment.size = end
        return offsets

    def prepare_next(self) -> Path:
        """Make the file of the next segment.

        Raises:
            OSError: there is none, so this one goes on.
            LostError: there may be one, so that this one must not go on.
        """
        path = self._folder / segment_name(self.segment.number + 1)
        try:
            put_in_place(path, [opening_line("journal")])
        except OSError as error:
            try:
                path.unlink(missing_ok=True)
            except OSError:
                raise LostError(said(error)) from error
            raise
        return path

    def go_on_in(self, path: Path) -> None:
        """Write to the next segment from now on."""
        self.segment = self._segments.open(path, self.segment.number + 1)
        self.segment.index = SegmentIndex()
        self._segments.take(self.segment)

    def _take_back(self, end: int) -> None:
        try:
            os.ftruncate(self.segment.fd, end)
            sync(self.segment.fd)
        except OSError as error:
            raise LostError(said(error)) from error

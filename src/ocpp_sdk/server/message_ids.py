"""Message ids of replies: unique, and cheap.

Message ids are no secrets, and a system call for each costs as much as writing the reply. So one part is random, drawn
once a process, and the rest counts.
"""

from __future__ import annotations

import os
from itertools import count

__all__ = ["MessageIds", "new_message_id"]


class MessageIds:
    """Makes `urn:uuid:` texts in the form of version 4, no two alike."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Draw another random part, as a forked process must."""
        digits = os.urandom(9).hex()
        self._start = f"urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:]}-"
        self._numbers = count()

    def new(self) -> str:
        """Return the next id."""
        return f"{self._start}{next(self._numbers):012x}"


_ids = MessageIds()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ids.renew)


def new_message_id() -> str:
    """Return a message id that no other reply has."""
    return _ids.new()

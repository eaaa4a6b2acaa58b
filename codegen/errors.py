"""What stops a generation: one line that names the file, the place, what is wrong and what to do."""

from dataclasses import dataclass

__all__ = ["Place", "UnsupportedError"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared.

    Attributes:
        file: the file as the user named it.
        line: the line on which its start tag ends; 0 for the file as a whole.
    """

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class UnsupportedError(Exception):
    """A WSDL that cannot be turned into code.

    Args:
        place: where the trouble is.
        what: what is there, without a full stop.
        todo: what the user can do about it.
    """

    def __init__(self, place: Place, what: str, todo: str) -> None:
        super().__init__(f"{place}: {what}: {todo}")
        self.place = place

"""Ascending numbers in little memory: eight bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

__all__ = ["add", "cut", "kept_positions", "ranges", "window"]


def add(numbers: array[int], number: int) -> int:
    """Put a number in its place, unless it is there.

    Returns:
        The place.
    """
    if not numbers or number > numbers[-1]:
        numbers.append(number)
        return len(numbers) - 1
    position = bisect_left(numbers, number)
    if numbers[position] != number:
        numbers.insert(position, number)
    return position


def cut(numbers: array[int], gone: Sequence[int]) -> None:
    """Remove some numbers.

    Args:
        numbers: from these.
        gone: ascending, all of them there.
    """
    begin, end, kept = kept_positions(numbers, gone)
    numbers[begin:end] = array("q", [numbers[position] for position in kept])


def kept_positions(numbers: array[int], gone: Sequence[int]) -> tuple[int, int, list[int]]:
    """Return the span in which the given ascending numbers lie, and the positions of the others in it."""
    begin = bisect_left(numbers, gone[0])
    end = bisect_right(numbers, gone[-1], begin)
    if end - begin == len(gone):
        return begin, end, []
    unwanted = set(gone)
    return begin, end, [position for position in range(begin, end) if numbers[position] not in unwanted]


def window(
    numbers: array[int], *, after: int = 0, before: int | None = None, newest_first: bool, size: int
) -> list[int]:
    """Return the next numbers between two others, of which the nearer one is left out as well."""
    begin = bisect_right(numbers, after)
    end = len(numbers) if before is None else bisect_left(numbers, before)
    if newest_first:
        return list(reversed(numbers[max(begin, end - size) : max(begin, end)]))
    return list(numbers[begin : max(begin, min(end, begin + size))])


def ranges(numbers: array[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last number of each stretch without a gap."""
    position = 0
    while position < len(numbers):
        first = numbers[position]
        # As long as there is no gap, a number is as far from the first one as its position is.
        low, high = position, len(numbers) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if numbers[middle] - first == middle - position:
                low = middle
            else:
                high = middle - 1
        yield first, numbers[low]
        position = low + 1

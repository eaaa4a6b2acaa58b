"""The error tree: drawn in the docstring as it is, and each error says whether a retry is safe."""

from __future__ import annotations

import inspect
import re

from ocpp_sdk import errors
from ocpp_sdk.errors import OcppError

DRAWN = re.compile(r"^    (?P<indent>(?:[│ ]   )*)(?:[├└]── )?(?P<name>\w+Error)\b", re.MULTILINE)


def drawn_tree() -> dict[str, str | None]:
    """Return parent by name, as the docstring draws it."""
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for found in DRAWN.finditer(errors.__doc__ or ""):
        depth = 0 if found["name"] == "OcppError" else len(found["indent"]) // 4 + 1
        parents[found["name"]] = above[depth - 1] if depth else None
        above[depth:] = [found["name"]]
    return parents


def real_tree() -> dict[str, str | None]:
    """Return parent by name, as the classes are."""
    classes = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, OcppError)]
    parents = {item.__name__: item.__bases__[0].__name__ for item in classes}
    return {name: parent if parent != "Exception" else None for name, parent in parents.items()}


def test_docstring_tree_is_the_real_one() -> None:
    """Whoever reads the tree reads what is."""
    assert drawn_tree() == real_tree()


def test_all_names_every_error() -> None:
    """`__all__` is the public surface."""
    assert set(errors.__all__) == set(real_tree())

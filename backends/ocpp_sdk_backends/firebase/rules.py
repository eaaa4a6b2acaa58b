"""The rules that a database needs for this store."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["rules_text"]


def rules_text() -> str:
    """Return the rules, as JSON: the indexes, and no access for anybody without an administrator's credentials.

    They are for a store at the root of its database; for one below a path they go to that place among the rules.
    """
    return files(__package__).joinpath("rules.json").read_text(encoding="utf-8")

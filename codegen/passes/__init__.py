"""The passes: each takes an interface and leaves it nearer to Python. Their order is `PASSES`, and only here."""

from collections.abc import Callable
from typing import Final

from codegen.model import Interface
from codegen.passes.check_operations import check_operations
from codegen.passes.check_references import check_references
from codegen.passes.derive_calls import derive_calls
from codegen.passes.drop_unreachable import drop_unreachable
from codegen.passes.flatten_extensions import flatten_extensions
from codegen.passes.lift_anonymous import lift_anonymous
from codegen.passes.make_classes import make_classes
from codegen.passes.mark_recursion import mark_recursion
from codegen.passes.name_fields import name_fields
from codegen.passes.name_types import name_types
from codegen.passes.replace_references import replace_references
from codegen.passes.sort_declarations import sort_declarations

__all__ = ["CHECKS", "PASSES", "run"]

CHECKS: Final[tuple[Callable[[Interface], None], ...]] = (
    check_references,
    check_operations,
)
"""What must hold of the interface as it is declared."""

PASSES: Final[tuple[Callable[[Interface], None], ...]] = (
    replace_references,
    lift_anonymous,
    flatten_extensions,
    drop_unreachable,
    sort_declarations,
    make_classes,
    name_types,
    name_fields,
    mark_recursion,
    derive_calls,
)
"""What turns the declarations into classes and operations."""


def run(interface: Interface) -> None:
    """Run all passes over an interface that has been checked."""
    for step in PASSES:
        step(interface)

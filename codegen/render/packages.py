"""Renders the `__init__.py` files of a tree of generated packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from codegen.model import Interface
from codegen.render.docs import docstring
from codegen.render.environment import render
from codegen.render.operations import operation_names

__all__ = ["render_face", "render_root", "render_service"]


def render_service(interface: Interface) -> str:
    """Return `__init__.py` of the package of one service."""
    types, operations = interface.type_names(), operation_names(interface)
    return render(
        "package.py.jinja",
        source=interface.source,
        doc=docstring([[f"{interface.service} ({interface.namespace}): types and operations."]], 0),
        modules=[],
        groups=[(".operations", operations), (".types", types)],
        names=sorted([*operations, *types]),
    )


def render_face(source: str, services: Mapping[str, Interface]) -> str:
    """Return `__init__.py` of a package that holds packages of services.

    Args:
        source: the folder of the WSDLs, as generated code calls it.
        services: the services by the name of their package.
    """
    public = {name: _public(interface) for name, interface in services.items()}
    count = Counter(name for names in public.values() for name in names)
    groups = [(f".{module}", [name for name in names if count[name] == 1]) for module, names in public.items()]
    groups = [(module, [name for name in names if name not in services]) for module, names in groups]
    shared = "Names that only one service defines are here; all are in the package of their service."
    return render(
        "package.py.jinja",
        source=source,
        doc=docstring([[f"Services of {source}."], [shared]], 0),
        modules=sorted(services),
        groups=[(module, names) for module, names in groups if names],
        names=sorted({*services, *(name for _, names in groups for name in names)}),
    )


def render_root(source: str, packages: list[str]) -> str:
    """Return `__init__.py` of a package that holds other packages only; it imports none of them.

    Args:
        source: the folder of the WSDLs, as generated code calls it.
        packages: the names of the packages.
    """
    listed = ", ".join(f"`{name}`" for name in sorted(packages))
    return render("root.py.jinja", source=source, doc=docstring([[f"Generated packages: {listed}."]], 0))


def _public(interface: Interface) -> list[str]:
    return sorted([*interface.type_names(), *operation_names(interface)])

"""The Jinja2 environments, which refuse undefined names."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["render"]


@cache
def _environment(*, xml: bool) -> Environment:
    return Environment(
        loader=PackageLoader("codegen"),
        undefined=StrictUndefined,
        autoescape=xml,  # noqa: S701 - the others are Python, which their renderers quote
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **context: object) -> str:
    """Fill in a template; one for XML escapes what it is given.

    Args:
        template: its file name.
        context: what it may use.
    """
    return _environment(xml=template.endswith(".wsdl.jinja")).get_template(template).render(**context)

"""What differs between 1.2, 1.5 and 1.6 for the two runtimes, and nothing else.

`domain` and `enumerations` are the words of both runtimes, `roles` the four Protocols, `v12`, `v15` and `v16` the
translations; `version_of` gives the one of a version. docs/versions.md has a row for every difference.
"""

from __future__ import annotations

from importlib import import_module

from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.translation import VersionTranslation

__all__ = ["VersionTranslation", "version_of"]


def version_of(version: OcppVersion) -> VersionTranslation:
    """Return the translation of a version; its generated code is imported when it is first asked for."""
    translation: VersionTranslation = import_module(f"{__name__}.{version.name.lower()}").TRANSLATION
    return translation

"""Options of a program: given, or from the environment, or from a file, or their defaults; in this order.

The file is TOML, with a table for each command whose keys are the names of its options:

    [central-system]
    storage = "postgresql://ocpp@db.example.com/ocpp"
    heartbeat-interval = 600

    [charge-point]
    identity = "CP1"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, ClassVar, Final, Self, TypeAlias

from pydantic import BeforeValidator, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ocpp_sdk.errors import ConfigurationError

__all__ = ["DEFAULT_FILE", "Options", "Words"]

DEFAULT_FILE: Final = Path("ocpp-sdk.toml")
"""Read if it is in the working folder and no other file is named."""

_PREFIX: Final = "OCPP_"
_TABLES: Final = ("central-system", "charge-point", "plc")
_LONGEST_SHOWN: Final = 60

_of_file: ContextVar[Mapping[str, object]] = ContextVar("_of_file")


def _split(value: object) -> object:
    return value.split() if isinstance(value, str) else value


Words: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list in the file, a text with blanks between in the environment."""


class Options(BaseSettings):
    """Options of one command.

    Attributes:
        table: where they stand in the file.
        secret: those whose values are never shown.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    table: ClassVar[str]
    secret: ClassVar[frozenset[str]] = frozenset({"storage"})

    @classmethod
    def read(cls, given: Mapping[str, object] | None = None, *, file: Path | None = None) -> Self:
        """Put the options together.

        Args:
            given: by name; goes before all else.
            file: must be there; without it `DEFAULT_FILE` is read if it is.

        Raises:
            ConfigurationError: the file cannot be read, or a value is wrong; the line names where it stands.
        """
        given = given or {}
        if file is None and DEFAULT_FILE.is_file():
            file = DEFAULT_FILE
        values = {} if file is None else _read_table(file, cls.table)
        token = _of_file.set(values)
        try:
            return cls(**given)
        except ValidationError as error:
            raise ConfigurationError(cls._explain(error, given, file)) from None
        finally:
            _of_file.reset(token)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings calls it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Name where values come from, the first one wins; see pydantic-settings."""
        file = InitSettingsSource(settings_cls, init_kwargs=dict(_of_file.get({})))
        return init_settings, env_settings, file

    @classmethod
    def _explain(cls, error: ValidationError, given: Mapping[str, object], file: Path | None) -> str:
        found = error.errors(include_url=False)[0]
        name = str(found["loc"][0])
        option = name.replace("_", "-")
        variable = f"{_PREFIX}{name.upper()}"
        if name in given:
            where = f"--{option}"
        elif variable in os.environ:
            where = variable
        else:
            where = f"{file}: {option} in [{cls.table}]"
        if found["type"] == "extra_forbidden":
            return f"{where} is not known; {_suggestion(option, cls.model_fields)}"
        problem = found["msg"].removeprefix("Value error, ")
        problem = problem[:1].lower() + problem[1:]
        value = "" if name in cls.secret else f", not {str(found['input'])[:_LONGEST_SHOWN]!r}"
        return f"{where}: {problem}{value}; correct or remove it"


def _read_table(file: Path, table: str) -> dict[str, object]:
    """Return one table of a file, with the names of the fields."""
    try:
        with file.open("rb") as opened:
            tables = tomllib.load(opened)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        # A text that is no UTF-8 is a ValueError as well.
        raise ConfigurationError(f"{file}: no TOML: {error}") from error
    for name, content in tables.items():
        if name not in _TABLES:
            hint = "" if isinstance(content, dict) else f"; put it into a table, such as [{table}]"
            raise ConfigurationError(f"{file}: {name!r} is not known, the tables are {', '.join(_TABLES)}{hint}")
        if not isinstance(content, dict):
            raise ConfigurationError(f"{file}: {name} must be a table, written as [{name}]")
    return {name.replace("-", "_"): value for name, value in tables.get(table, {}).items()}


def _suggestion(name: str, fields: Mapping[str, object]) -> str:
    known = sorted(field.replace("_", "-") for field in fields)
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"

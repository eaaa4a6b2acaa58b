"""Compares fact sheets with what a WSDL declares, in both directions, and names every field that differs."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.wsdl.reading import Facts, WsdlReader

FACTS_DIR = Path(__file__).parents[1] / "facts"
WSDL_DIR = Path(__file__).parents[2] / "wsdl"
SERVICES = {"central_system": "/Cs/", "charge_point": "/Cp/"}
VERSIONS = {"v12": "1.2", "v15": "1.5", "v16": "1.6"}

MISPLACED_DEFAULTS = {
    ("1.6", "SampledValue", "value"): "Sample.Periodic",
    ("1.6", "SampledValue", "phase"): "Energy.Active.Import.Register",
}
"""Defaults that the fact sheet took from the comment of the neighbouring field.

A required text cannot have a reading context as its default, and a phase cannot be a measurand. `sheet_facts` takes
them out, after checking that the sheet still has them.
"""


def load_sheet(version: str) -> Facts:
    """The whole fact sheet of a version directory such as `v15`."""
    sheet = json.loads((FACTS_DIR / f"messages_{version}.json").read_text(encoding="utf-8"))
    assert isinstance(sheet, dict)
    return sheet


def sheet_facts(version: str, service: str) -> Facts:
    """What the fact sheet says of one service, without the misplaced defaults."""
    sheet = load_sheet(version)
    services = sheet["services"]
    assert isinstance(services, list)
    (facts,) = (entry for entry in services if SERVICES[service] in entry["targetNamespace"])
    assert isinstance(facts, dict)
    for (of_version, type_name, field_name), default in MISPLACED_DEFAULTS.items():
        if of_version == sheet["version"] and type_name in facts["types"]:
            (field,) = (f for f in facts["types"][type_name]["fields"] if f["name"] == field_name)
            assert field.pop("comment_default") == default, f"{type_name}.{field_name} has another default by now"
    return facts


def compare_service(facts: Facts, wsdl: Path) -> list[str]:
    """Every difference between the facts of one service and its WSDL, and all markup that no fact expresses."""
    reader = WsdlReader(wsdl)
    return [*compare(facts, reader.facts), *(f"only in the WSDL: {what}" for what in reader.unexpected)]


def compare(sheet: object, wsdl: object, path: str = "") -> Iterator[str]:
    """Yields one line for each value that only one side has or that differs.

    Lists are ordered. Entries with a name are matched by it, so that a missing field does not blame those after it.
    """
    if isinstance(sheet, dict) and isinstance(wsdl, dict):
        yield from _compare_keys(sheet, wsdl, path)
    elif isinstance(sheet, list) and isinstance(wsdl, list):
        named_sheet, named_wsdl = _by_name(sheet), _by_name(wsdl)
        if list(named_sheet) != list(named_wsdl) and sorted(named_sheet) == sorted(named_wsdl):
            yield f"{path}: order in the facts is {list(named_sheet)}, in the WSDL {list(named_wsdl)}"
        if len(sheet) != len(wsdl):
            yield f"{path}: {len(sheet)} entries in the facts, {len(wsdl)} in the WSDL"
        yield from _compare_keys(named_sheet, named_wsdl, path)
    elif sheet != wsdl or type(sheet) is not type(wsdl):
        yield f"{path}: {sheet!r} in the facts, {wsdl!r} in the WSDL"


def _compare_keys(sheet: Facts, wsdl: Facts, path: str) -> Iterator[str]:
    for key in sheet | wsdl:
        inner = f"{path}.{key}" if path else key
        if key not in wsdl:
            yield f"{inner}: only in the facts: {sheet[key]!r}"
        elif key not in sheet:
            yield f"{inner}: only in the WSDL: {wsdl[key]!r}"
        else:
            yield from compare(sheet[key], wsdl[key], inner)


def _by_name(entries: list[object]) -> Facts:
    """Entries by their name, by their own text, or by their place when they have neither."""
    named: Facts = {}
    for place, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else entry
        named[name if isinstance(name, str) else f"[{place}]"] = entry
    return named

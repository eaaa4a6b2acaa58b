"""What a PLC says about a connector, in the words of the charge point. Pure."""

from __future__ import annotations

import json

from ocpp_sdk.charge_point.hardware import ConnectorFacts
from ocpp_sdk.modbus.handshake import StatusAsked
from ocpp_sdk.modbus.station.records import text_of
from ocpp_sdk.versions.enumerations import ConnectorStatus, ErrorCode

__all__ = ["facts_of", "facts_text", "read_facts"]


def facts_of(asked: StatusAsked, before: ConnectorFacts | None = None) -> ConnectorFacts:
    """Return what a status means.

    Args:
        asked: what the PLC told.
        before: what was known; Unavailable does not tell whether a vehicle is connected, so that stays.
    """
    unavailable = asked.status is ConnectorStatus.UNAVAILABLE
    plugged = before is not None and before.plugged if unavailable else asked.status is ConnectorStatus.OCCUPIED
    return ConnectorFacts(plugged=plugged, usable=not unavailable, error=asked.fault)


def facts_text(facts: ConnectorFacts) -> str:
    """Return facts as they are kept over a restart."""
    return text_of({"plugged": facts.plugged, "usable": facts.usable, "error": facts.error.value})


def read_facts(text: str) -> ConnectorFacts:
    """Read facts that were kept; what cannot be read is a free connector, and the PLC will tell."""
    try:
        found = json.loads(text)
        error = ErrorCode(found["error"])
        return ConnectorFacts(plugged=found["plugged"] is True, usable=found["usable"] is True, error=error)
    except (ValueError, LookupError, TypeError):
        return ConnectorFacts()

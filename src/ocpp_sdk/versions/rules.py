"""How a charge point behaves where the versions ask for different behaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.versions.enumerations import ConnectorStatus
from ocpp_sdk.versions.wording import status_of_1_2, status_of_1_5, status_of_1_6

__all__ = ["ChargePointRules", "rules_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePointRules:
    """The behaviour that one version asks of a charge point.

    Attributes:
        heartbeat_key: name of the configuration key of the heartbeat interval.
        keys_ignore_case: whether names of configuration keys are compared without case (1.6: CiString).
        waits_boot_interval: whether the interval of a BootNotification that was not accepted is a least wait
            (1.6 section 4.2); before, that interval has no meaning.
        silent_when_rejected: whether commands are refused while the registration is rejected (1.6 section 4.2).
        stops_on_invalid_id: whether a transaction ends when the answer to its start is not Accepted: always (1.2
            section 4.7), never (1.5 section 4.8 only updates the list), or None for the key
            StopTransactionOnInvalidId (1.6 section 3.5.4).
        skips_known_id: whether an idTag that is known locally is not asked about: 1.2 and 1.5 section 4.1; None for
            the key LocalPreAuthorize of 1.6.
        list_follows_answers: whether what the central system answers about an idTag counts more than the local list: in
            1.5 the list is updated by answers (section 4.8), in 1.6 only by SendLocalList (section 3.5.3).
        status_word: the status that the version says for a status of the domain.
    """

    heartbeat_key: str
    keys_ignore_case: bool
    waits_boot_interval: bool
    silent_when_rejected: bool
    stops_on_invalid_id: bool | None
    skips_known_id: bool | None
    list_follows_answers: bool
    status_word: Callable[[ConnectorStatus], ConnectorStatus]


_RULES = {
    OcppVersion.V12: ChargePointRules(
        heartbeat_key="HeartBeatInterval",
        keys_ignore_case=False,
        waits_boot_interval=False,
        silent_when_rejected=False,
        stops_on_invalid_id=True,
        skips_known_id=True,
        list_follows_answers=True,
        status_word=status_of_1_2,
    ),
    OcppVersion.V15: ChargePointRules(
        heartbeat_key="HeartBeatInterval",
        keys_ignore_case=False,
        waits_boot_interval=False,
        silent_when_rejected=False,
        stops_on_invalid_id=False,
        skips_known_id=True,
        list_follows_answers=True,
        status_word=status_of_1_5,
    ),
    OcppVersion.V16: ChargePointRules(
        heartbeat_key="HeartbeatInterval",
        keys_ignore_case=True,
        waits_boot_interval=True,
        silent_when_rejected=True,
        stops_on_invalid_id=None,
        skips_known_id=None,
        list_follows_answers=False,
        status_word=status_of_1_6,
    ),
}


def rules_of(version: OcppVersion) -> ChargePointRules:
    """Return the rules of a version."""
    return _RULES[version]

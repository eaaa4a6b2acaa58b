"""The limits that follow from what is installed and from the transactions that run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ocpp_sdk.charge_point.hardware import Limit, Transaction
from ocpp_sdk.charge_point.smart_charging.composite import (
    Charging,
    Course,
    Fixed,
    Least,
    charge_point_course,
    connector_course,
    limit_of_all,
)
from ocpp_sdk.charge_point.smart_charging.profiles import InstalledProfile
from ocpp_sdk.charge_point.smart_charging.settings import SmartChargingSettings
from ocpp_sdk.charge_point.smart_charging.timetable import second

__all__ = ["Outlook"]


class Outlook:
    """Tells the limit of each connector over time.

    Args:
        installed: the profiles; read anew each time.
        connectors: how many there are, numbered from 1.
        running: returns the transaction of a connector.
        settings: units, and what a connector can give by itself.
    """

    def __init__(
        self,
        installed: Iterable[InstalledProfile],
        connectors: int,
        running: Callable[[int], Transaction | None],
        settings: SmartChargingSettings,
    ) -> None:
        self._installed = installed
        self._connectors = connectors
        self._running = running
        self._settings = settings

    def told(self, connector_id: int, now: int) -> Course:
        """Return what the hardware is told: of connector 0 the limit of the charge point, not the sum of the others.

        Args:
            connector_id: from 0.
            now: the second that it is; a transaction that does not run is taken to begin now.
        """
        courses: list[Course] = [limit_of_all(self._installed, now)]
        if connector_id > 0:
            courses.append(self._own(connector_id, now))
        return Least(tuple(courses), self._settings.limit_unit, self._settings.grid)

    def composite(self, connector_id: int, unit: str, now: int) -> Course:
        """Return what GetCompositeSchedule tells: with what connectors can give by themselves.

        Args:
            connector_id: from 0.
            unit: `W` or `A`.
            now: the second that it is; a transaction that does not run is taken to begin now.
        """
        of_all, grid = limit_of_all(self._installed, now), self._settings.grid
        if connector_id > 0:
            return Least((of_all, *self._able(connector_id, now)), unit, grid)
        connectors = [Least(self._able(number, now), unit, grid) for number in range(1, self._connectors + 1)]
        return charge_point_course(connectors, of_all, unit, grid)

    def unit_of(self, connector_id: int) -> str:
        """Return the unit of the profiles that can count for a connector; if they have several, the preferred one."""
        places = {0, connector_id} if connector_id > 0 else set(range(self._connectors + 1))
        units = {one.profile.schedule.rate_unit for one in self._installed if one.connector_id in places}
        return units.pop() if len(units) == 1 else self._settings.rate_units[0]

    def _able(self, connector_id: int, now: int) -> tuple[Course, ...]:
        own, most = self._own(connector_id, now), self._settings.max_current_a
        return (own,) if most is None else (own, Fixed(Limit(rate=most, unit="A")))

    def _own(self, connector_id: int, now: int) -> Course:
        transaction = self._running(connector_id)
        charging = None if transaction is None else Charging(key=transaction.key, began=second(transaction.started_at))
        return connector_course(self._installed, connector_id, charging, now)

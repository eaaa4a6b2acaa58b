"""Cases of `ConnectorStore`."""

from __future__ import annotations

from dataclasses import replace

from ocpp_sdk.storage.connectors import ConnectorStatus
from ocpp_sdk.testing.storage_contract.examples import CP, after, status
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ConnectorContract"]


class ConnectorContract:
    """The statuses of connectors."""

    @case
    async def test_connector_status_is_given_back_whole(self, trial: Trial) -> None:
        """Every field comes back, with a number."""
        store = await trial.open()
        full = ConnectorStatus(
            identity=CP,
            connector_id=0,
            status="Faulted",
            error_code="OtherError",
            info="Stecker klemmt",
            vendor_id="com.example",
            vendor_error_code="E-17",
            changed_at=after(1),
        )
        assert await store.set_connector_status(full) is True
        (found,) = await (await trial.reopen(store)).connector_statuses()
        assert found.number is not None
        assert found.number >= 1
        assert replace(found, number=None) == full

    @case
    async def test_connector_status_repeated_changes_nothing(self, trial: Trial) -> None:
        """Only what differs in some field from the one in place is kept; a return to an earlier status differs."""
        store = await trial.open()
        assert await store.set_connector_status(status("Available")) is True
        assert await store.set_connector_status(status("Available", identity=CP.lower())) is False
        assert await store.set_connector_status(status("Available", at=1)) is True
        assert await store.set_connector_status(status("Available", at=1, info="")) is True
        assert await store.set_connector_status(status("Available", at=1)) is True
        assert [found.info for found in await store.status_history(CP)] == [None, "", None, None]

    @case
    async def test_connector_status_of_an_earlier_time_is_in_place(self, trial: Trial) -> None:
        """The last to come counts, whatever its time."""
        store = await trial.open()
        await store.set_connector_status(status("Charging", at=100))
        await store.set_connector_status(status("Available", at=50))
        (found,) = await store.connector_statuses(CP)
        assert (found.status, found.changed_at) == ("Available", after(50))
        assert [found.status for found in await store.status_history(CP)] == ["Available", "Charging"]

    @case
    async def test_connector_statuses_are_listed_by_identity_and_connector(self, trial: Trial) -> None:
        """Connectors sort as numbers, identities as folded texts; one charge point can be asked for alone."""
        store = await trial.open()
        for identity, connector_id in (("b", 2), ("A", 10), ("A", 2), ("A", 0), ("b", 1), ("A", 1)):
            await store.set_connector_status(status("Preparing", identity=identity, connector_id=connector_id))
            await store.set_connector_status(status("Charging", identity=identity, connector_id=connector_id))
        found = [(item.identity, item.connector_id) for item in await store.connector_statuses()]
        assert found == [("A", 0), ("A", 1), ("A", 2), ("A", 10), ("b", 1), ("b", 2)]
        assert [item.connector_id for item in await store.connector_statuses("B")] == [1, 2]
        assert {item.status for item in await store.connector_statuses()} == {"Charging"}
        assert await store.connector_statuses("unknown") == []

    @case
    async def test_status_history_is_read_by_page_newest_first(self, trial: Trial) -> None:
        """Numbers fall from page to page, without gap or overlap; one connector can be asked for alone."""
        store = await trial.open()
        for step in range(7):
            await store.set_connector_status(status(f"S{step}", connector_id=1 + step % 2, at=step))
            await store.set_connector_status(status(f"T{step}", identity="other", at=step))
        whole = await store.status_history(CP.lower())
        assert [found.status for found in whole] == [f"S{step}" for step in reversed(range(7))]
        numbers = [found.number for found in whole if found.number is not None]
        assert numbers == sorted(set(numbers), reverse=True)
        assert len(numbers) == 7
        assert await store.status_history(CP, limit=3) == whole[:3]
        assert await store.status_history(CP, before=numbers[2], limit=3) == whole[3:6]
        assert await store.status_history(CP, before=numbers[6]) == []
        assert await store.status_history(CP, 2) == [found for found in whole if found.connector_id == 2]
        assert await store.status_history(CP, 2, before=numbers[2], limit=1) == [whole[3]]
        assert (await store.status_history(CP, limit=0), await store.status_history("unknown")) == ([], [])

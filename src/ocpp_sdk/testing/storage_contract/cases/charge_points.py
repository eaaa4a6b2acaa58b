"""Cases of `ChargePointStore`."""

from __future__ import annotations

from dataclasses import replace

from ocpp_sdk.storage.charge_points import BootData
from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.testing.storage_contract.examples import BOOT, CP, NOON, after, message, status
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["ChargePointContract"]


class ChargePointContract:
    """What is known about charge points."""

    @case
    async def test_register_new_charge_point_keeps_all_boot_data(self, trial: Trial) -> None:
        """A boot is given back whole, and is the first that is known."""
        store = await trial.open()
        assert await store.charge_point(CP) is None
        await store.register(CP, BOOT, registration="Pending", at=NOON)
        found = await (await trial.reopen(store)).charge_point(CP)
        assert found is not None
        assert (found.identity, found.boot, found.registration, found.booted_at) == (CP, BOOT, "Pending", NOON)
        assert (found.first_seen, found.last_seen) == (NOON, NOON)
        assert (found.version, found.advertised_address, found.observed_host, found.operator_address) == (None,) * 4
        assert (found.firmware_status, found.firmware_status_at) == (None, None)
        assert (found.diagnostics_status, found.diagnostics_status_at) == (None, None)
        assert found.deviations == {}

    @case
    async def test_register_again_the_last_one_counts(self, trial: Trial) -> None:
        """A second boot replaces all of the first, also what it leaves out; the first contact stays."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Pending", at=NOON)
        bare = BootData(vendor="V", model="M")
        await store.register(CP, bare, registration="Accepted", at=after(60))
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.boot, found.registration, found.booted_at) == (bare, "Accepted", after(60))
        assert (found.first_seen, found.last_seen) == (NOON, after(60))

    @case
    async def test_register_repeated_changes_nothing(self, trial: Trial) -> None:
        """The same boot twice leaves the record that one leaves."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Accepted", at=NOON)
        once = await store.charge_points()
        await store.register(CP, BOOT, registration="Accepted", at=NOON)
        assert await store.charge_points() == once

    @case
    async def test_register_of_an_earlier_time_last_seen_stays(self, trial: Trial) -> None:
        """A boot that is stored late counts, but does not turn back when the charge point was seen last."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Accepted", at=after(60))
        await store.register(CP, BOOT, registration="Rejected", at=NOON)
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.registration, found.booted_at, found.last_seen) == ("Rejected", NOON, after(60))

    @case
    async def test_identity_of_another_case_is_the_same_charge_point(self, trial: Trial) -> None:
        """Spellings that fold alike are one charge point, given back as it was first spelled."""
        store = await trial.open()
        for first, *others in (("Cp-Straße", "CP-STRASSE", " cp-strasse "), ("İzmir", "i̇ZMIR"), ("ΣΑΣ", "σας")):
            await store.register(first, BOOT, registration="Pending", at=NOON)
            for other in others:
                await store.register(other, BOOT, registration="Accepted", at=after(1))
                found = await store.charge_point(other)
                assert found is not None, other
                assert (found.identity, found.registration) == (first, "Accepted")
        assert len(await store.charge_points()) == 3

    @case
    async def test_identities_that_merely_look_alike_are_two(self, trial: Trial) -> None:
        """Accents, inner blanks and marks that a key or a pattern would treat in its own way tell identities apart."""
        store = await trial.open()
        alike = ["a", "ä", "á", "a b", "a  b", "ab", "a.b", "a/b", "a%2Fb", "a%", "a_", "a$b", "a#b", "a[0]", "a\\b"]
        alike += [
            "a\u0131",
            "ai",
            "a*",
            "a?",
            "'; --",
            '"a"',
            "{a}",
            "a\tb",
            "日本語",
            "日本",
            "\U0001f50c",
            ".",
            "..",
            "$a",
        ]
        for number, identity in enumerate(alike):
            await store.register(identity, replace(BOOT, model=f"M{number}"), registration="Accepted", at=NOON)
        store = await trial.reopen(store)
        for number, identity in enumerate(alike):
            found = await store.charge_point(identity)
            assert found is not None, identity
            assert found.boot is not None
            assert (found.identity, found.boot.model) == (identity, f"M{number}")
        assert len(await store.charge_points()) == len(alike)

    @case
    async def test_charge_points_are_listed_by_folded_identity(self, trial: Trial) -> None:
        """The order is that of the folded texts, by code point: no digits as numbers, no language's own order."""
        store = await trial.open()
        mixed = ["b", "A", "Zz", "ä", "10", "9", "_", "-a", "a-b", "ab", "aB1", "É", "e", "f"]
        for identity in mixed:
            await store.register(identity, BOOT, registration="Accepted", at=NOON)
        listed = [found.identity for found in await store.charge_points()]
        assert listed == sorted(mixed, key=str.casefold)

    @case
    async def test_charge_points_are_read_by_page(self, trial: Trial) -> None:
        """Pages meet without gap or overlap, whatever the case of `after`, which need not exist."""
        store = await trial.open()
        for number in range(7):
            await store.register(f"Cp-{number}", BOOT, registration="Accepted", at=NOON)
        read: list[str] = []
        for _ in range(4):
            page = await store.charge_points(after=read[-1].upper() if read else None, limit=3)
            read += [found.identity for found in page]
        assert read == [f"Cp-{number}" for number in range(7)]
        assert [found.identity for found in await store.charge_points(after="CP-4A")] == ["Cp-5", "Cp-6"]
        assert await store.charge_points(after="cp-6") == []
        assert (await store.charge_points(limit=0), await store.charge_points(limit=-1)) == ([], [])

    @case
    async def test_set_registration_of_a_known_charge_point_is_kept(self, trial: Trial) -> None:
        """The operator's word counts until the next boot; of an unknown one nothing comes into being."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Pending", at=NOON)
        assert await store.set_registration(CP.lower(), "Accepted") is True
        assert await store.set_registration(CP, "Accepted") is True
        assert await store.set_registration("unknown", "Accepted") is False
        (found,) = await store.charge_points()
        assert (found.registration, found.boot, found.last_seen) == ("Accepted", BOOT, NOON)

    @case
    async def test_set_operator_address_is_kept_and_given_up(self, trial: Trial) -> None:
        """The address stays over a message that advertises another one, and None takes it away."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Accepted", at=NOON)
        assert await store.set_operator_address(CP, "http://vpn.example/cp") is True
        await store.record_message(message(at=5))
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.operator_address, found.advertised_address) == ("http://vpn.example/cp", "http://192.0.2.7:8080/")
        assert await store.set_operator_address(CP, None) is True
        found = await store.charge_point(CP)
        assert found is not None
        assert found.operator_address is None
        assert await store.set_operator_address("unknown", "http://x.example/") is False
        assert await store.charge_point("unknown") is None

    @case
    async def test_firmware_and_diagnostics_status_the_last_one_counts(self, trial: Trial) -> None:
        """Both states are kept with their times, even earlier ones, and are no contact."""
        store = await trial.open()
        await store.register(CP, BOOT, registration="Accepted", at=NOON)
        await store.set_firmware_status(CP, "Downloading", after(20))
        await store.set_firmware_status(CP, "Installed", after(10))
        await store.set_diagnostics_status(CP, "Uploaded", after(30))
        found = await store.charge_point(CP)
        assert found is not None
        assert (found.firmware_status, found.firmware_status_at) == ("Installed", after(10))
        assert (found.diagnostics_status, found.diagnostics_status_at) == ("Uploaded", after(30))
        assert (found.boot, found.last_seen) == (BOOT, NOON)

    @case
    async def test_any_record_brings_its_charge_point_into_being(self, trial: Trial) -> None:
        """A charge point that something is kept about is listed, though it never booted."""
        store = await trial.open()
        await store.set_firmware_status("A", "Idle", NOON)
        await store.set_diagnostics_status("B", "Idle", NOON)
        await store.set_connector_status(status(identity="C"))
        await store.put_configuration("D", [ConfigurationKey(key="k")])
        await store.record_message(message(identity="E"))
        found = await store.charge_points()
        assert [(item.identity, item.boot, item.registration) for item in found] == [
            (name, None, None) for name in "ABCDE"
        ]

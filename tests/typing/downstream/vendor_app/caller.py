"""Calls in both directions, with stubs and with operations."""

from datetime import UTC, datetime
from decimal import Decimal

from ocpp_sdk import v12, v15, v16
from ocpp_sdk.client import SoapClient


async def charge(url: str) -> int:
    """Run the start of a session and give the transaction's id."""
    async with SoapClient(url, charge_box_identity="CP1") as peer:
        central_system = v15.CentralSystemClient(peer)
        boot = await central_system.boot_notification(charge_point_vendor="Vendor", charge_point_model="Model")
        wait_s: int = boot.heartbeat_interval
        status: v15.RegistrationStatus = boot.status
        assert status is v15.RegistrationStatus.ACCEPTED
        assert wait_s > 0
        started = await peer.call(
            v15.START_TRANSACTION,
            v15.StartTransactionRequest(connector_id=1, id_tag="TAG", timestamp=datetime.now(UTC), meter_start=0),
        )
        tag_status: v15.central_system.AuthorizationStatus = started.id_tag_info.status
        parent: str | None = started.id_tag_info.parent_id_tag
        assert tag_status
        assert parent is None
        return started.transaction_id


async def command(url: str) -> v16.ChargingProfileStatus:
    """Command a charge point of each version."""
    async with SoapClient(url, charge_box_identity="CP1") as peer:
        reset: v12.ResetStatus = (await v12.ChargePointClient(peer).reset(type=v12.ResetType.SOFT)).status
        assert reset
        answer = await v16.ChargePointClient(peer).set_charging_profile(
            connector_id=1,
            cs_charging_profiles=v16.ChargingProfile(
                charging_profile_id=1,
                stack_level=0,
                charging_profile_purpose=v16.ChargingProfilePurposeType.TX_DEFAULT_PROFILE,
                charging_profile_kind=v16.ChargingProfileKindType.RELATIVE,
                charging_schedule=v16.ChargingSchedule(
                    charging_rate_unit=v16.ChargingRateUnitType.A,
                    charging_schedule_period=[v16.ChargingSchedulePeriod(start_period=0, limit=Decimal("16.0"))],
                ),
            ),
        )
        return answer.status

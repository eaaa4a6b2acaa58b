"""A generated stub on top of the client, as a user writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_type

import pytest

from ocpp_sdk import v15
from ocpp_sdk.soap.exchange import encode_reply
from tests.unit.client.peer import cp1, http, peer

pytestmark = pytest.mark.anyio


async def test_stub_calls_with_keywords_and_returns_the_typed_reply() -> None:
    """mypy knows the reply, and the socket carries it."""
    now = datetime(2024, 5, 1, 10, tzinfo=UTC)
    booted = v15.BootNotificationResponse(
        status=v15.RegistrationStatus.ACCEPTED, current_time=now, heartbeat_interval=300
    )
    answer = encode_reply(v15.BOOT_NOTIFICATION, booted, message_id="urn:uuid:2", relates_to=None)
    async with peer(http(answer)) as cs, cp1(cs.url) as client:
        stub = v15.CentralSystemClient(client)
        reply = await stub.boot_notification(charge_point_vendor="Vendor", charge_point_model="Model")
        assert_type(reply, v15.BootNotificationResponse)
        assert reply == booted
        assert b"<chargePointVendor>Vendor</chargePointVendor>" in cs.requests[0].body

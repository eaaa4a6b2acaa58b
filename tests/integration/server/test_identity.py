"""Who may speak as whom, seen from the wire."""

from __future__ import annotations

import asyncio
import base64

import pytest

from ocpp_sdk.call import Call
from ocpp_sdk.errors import SecurityError
from ocpp_sdk.generated.v15 import charge_point as cp15
from ocpp_sdk.server import BasicAuth, FixedIdentity, IdentityPolicy, PeerFacts, ServerSettings, SoapServer
from ocpp_sdk.server.run import serve

from .serving import SERVICES, handled_by
from .wire import envelope, post

pytestmark = pytest.mark.anyio

CP = "urn://Ocpp/Cp/2012/06/"
CLEAR_CACHE = f'<clearCacheRequest xmlns="{CP}"/>'


class Clearing(cp15.ChargePointHandler):
    """A charge point that can do one thing."""

    async def clear_cache(self, request: cp15.ClearCacheRequest, call: Call) -> cp15.ClearCacheResponse:
        return cp15.ClearCacheResponse(status=cp15.ClearCacheStatus.ACCEPTED)


def basic(user: str, password: str) -> dict[str, str | None]:
    """Build the header of HTTP basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_request_without_identity_is_refused_by_a_central_system() -> None:
    """A central system cannot know who speaks; a setting lets such requests pass."""
    refusing, lax = SoapServer(SERVICES), SoapServer(SERVICES, settings=ServerSettings(identity_required=False))
    handled_by(refusing)
    handler = handled_by(lax)
    async with serve(refusing) as one, serve(lax) as other:
        refused = await post(one, envelope(identity=""))
        passed = await post(other, envelope(identity=""))
    assert (refused.status, refused.subcode, passed.status) == (400, "ProtocolError", 200)
    assert handler.calls[0].charge_box_identity == ""


@pytest.mark.parametrize(
    ("identity", "status", "subcode"),
    [("CP001", 200, ""), (" cp001 ", 200, ""), ("", 200, ""), ("CP002", 400, "IdentityMismatch")],
)
async def test_charge_point_answers_only_what_is_meant_for_it(identity: str, status: int, subcode: str) -> None:
    """Its own identity passes in any letter case, and a missing one; another one is a mismatch."""
    server = SoapServer([cp15.SERVICE], identity=FixedIdentity("CP001"))
    server.serve(cp15.SERVICE, Clearing())
    body = envelope(CLEAR_CACHE, identity=identity, action="/ClearCache", namespace=CP)
    async with serve(server) as address:
        reply = await post(address, body)
    assert (reply.status, reply.subcode) == (status, subcode)


async def test_charge_point_that_requires_an_identity_refuses_a_missing_one() -> None:
    """The setting works in both directions."""
    settings = ServerSettings(identity_required=True)
    async with serve(SoapServer([cp15.SERVICE], settings=settings)) as address:
        reply = await post(address, envelope(CLEAR_CACHE, identity="", action="/ClearCache", namespace=CP))
    assert (reply.status, reply.subcode) == (400, "ProtocolError")


@pytest.mark.parametrize(
    ("headers", "status", "subcode"),
    [
        (basic("CP001", "secret"), 200, ""),
        (basic("fleet", "colon:in:it"), 200, ""),
        (basic("CP001", "wrong"), 401, "SecurityError"),
        (basic("nobody", ""), 401, "SecurityError"),
        (basic("CP002", "other"), 400, "IdentityMismatch"),
        ({}, 401, "SecurityError"),
        ({"Authorization": "Basic !"}, 401, "SecurityError"),
        ({"Authorization": "Bearer x"}, 401, "SecurityError"),
    ],
    ids=["own", "allowed", "wrong-password", "stranger", "other-identity", "none", "broken", "other-scheme"],
)
async def test_basic_authentication_binds_users_to_identities(
    headers: dict[str, str | None], status: int, subcode: str
) -> None:
    """Wrong credentials are challenged by HTTP and told by a fault; right ones speak only for their identities."""
    passwords = {"CP001": "secret", "CP002": "other", "fleet": "colon:in:it"}
    server = SoapServer(SERVICES, identity=BasicAuth(passwords, {"fleet": ["CP001", "CP009"]}))
    handler = handled_by(server)
    async with serve(server) as address:
        reply = await post(address, envelope(), headers)
    assert (reply.status, reply.subcode) == (status, subcode)
    assert ("www-authenticate" in reply.headers) == (status == 401)
    assert len(handler.calls) == (1 if status == 200 else 0)


async def test_own_policy_may_wait_and_sees_the_facts() -> None:
    """A policy can ask a database, knows the peer behind a trusted proxy, and its time is bounded."""
    seen: list[PeerFacts] = []

    class Asking:
        async def check(self, call: Call, facts: PeerFacts, /) -> None:
            seen.append(facts)
            await asyncio.sleep(0 if call.charge_box_identity == "CP001" else 10)
            raise SecurityError("not today")

    policy: IdentityPolicy = Asking()
    settings = ServerSettings(trusted_proxies=("127.0.0.1",), handler_timeout_s=0.05)
    async with serve(SoapServer(SERVICES, identity=policy, settings=settings)) as address:
        headers = {**basic("u", "p"), "X-Forwarded-For": "1.1.1.1, 10.9.8.7"}
        refused = await post(address, envelope(), headers)
        slow = await post(address, envelope(identity="CP002"), headers)
    assert (refused.subcode, slow.subcode) == ("SecurityError", "InternalError")
    assert seen[0] == PeerFacts(host="10.9.8.7", username="u", password="p")
    assert "p" not in repr(seen[0]).partition("username='u'")[2]

"""Announcements of PLCs: what is believed, and what is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.errors import AnnouncementError
from ocpp_sdk.modbus.announcement import Announcement, parse_announcement
from ocpp_sdk.modbus.settings import TcpAddress

AGENT = "other.EVChargeControl"
SERVER = "<modbus_tcp><transports><tcp><port> 1502 </port></tcp></transports><slave_id>7</slave_id></modbus_tcp>"


def pdu(server: str = SERVER, agent: str = AGENT, prefix: str = "") -> bytes:
    """Return an announcement."""
    return (
        f'<?xml version="1.0"?>{prefix}<pdu xmlns="urn:any"><hw_agent type="{agent}"><name>box</name>'
        f"<protocols>{server}</protocols></hw_agent></pdu>"
    ).encode()


def test_announcement_tells_port_and_unit_at_the_address_of_its_sender() -> None:
    """All that is needed to connect."""
    assert parse_announcement(pdu(), "10.0.0.7") == Announcement(TcpAddress("10.0.0.7", 1502), 7)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the message is empty"),
        (b"hello", "not well-formed XML"),
        (b"<a/>", "announces 'a', not a pdu"),
        (b"<pdu/>", "the agent is nothing, not other.EVChargeControl"),
        (pdu(agent="printer"), "the agent is 'printer', not other.EVChargeControl"),
        (pdu(server=""), "announces no protocols/modbus_tcp"),
        (pdu(SERVER.replace("1502", "70000")), "transports/tcp/port is '70000', it must be 1 to 65535"),
        (pdu(SERVER.replace(" 1502 ", "")), "transports/tcp/port is '', it must be 1 to 65535"),
        (pdu(SERVER.replace("7<", "256<")), "slave_id is '256', it must be 0 to 255"),
        (pdu(SERVER.replace("7<", "-1<")), "slave_id is '-1', it must be 0 to 255"),
        (pdu(prefix='<!DOCTYPE pdu [<!ENTITY a "b">]>'), "document type and entity declarations are not allowed"),
        (pdu("<a>" * 40 + "</a>" * 40), "elements nested more than 16 deep"),
        (pdu("<a/>" * 1000), "more than 512 elements"),
        (pdu(" " * 20_000), "20137 bytes, 16384 are allowed"),
    ],
)
def test_datagram_that_announces_nothing_usable_is_refused_in_one_line(data: bytes, said: str) -> None:
    """The sender is named, so that he can be found."""
    with pytest.raises(AnnouncementError) as caught:
        parse_announcement(data, "10.0.0.7")
    assert str(caught.value).startswith("10.0.0.7: ")
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@given(st.binary(max_size=200) | st.text(max_size=80).map(pdu))
def test_any_datagram_is_an_announcement_or_refused(data: bytes) -> None:
    """Nothing else comes out, whoever sends."""
    with pytest.raises(AnnouncementError):
        parse_announcement(data, "10.0.0.7")

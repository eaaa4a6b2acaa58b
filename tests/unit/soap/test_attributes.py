"""Attributes where the schema has none are seen by the tolerant reader, wherever they stand."""

from __future__ import annotations

import pytest

from ocpp_sdk import v16
from ocpp_sdk.deviation import DeviationKind
from ocpp_sdk.errors import DeviationError, RepeatedFieldError
from ocpp_sdk.soap.dispatch import OperationIndex
from ocpp_sdk.soap.exchange import Incoming, decode_request
from ocpp_sdk.soap.namespaces import ANONYMOUS, SOAP, WSA

INDEX = OperationIndex([v16.central_system.SERVICE])
NAMESPACE = v16.central_system.SERVICE.namespace


def sample(meter_value: str = "", sampled_value: str = "", value: str = "", more: str = "") -> bytes:
    """Build meter values with attributes at each level."""
    header = (
        f"<chargeBoxIdentity xmlns='{NAMESPACE}'>CP1</chargeBoxIdentity><a:Action>/MeterValues</a:Action>"
        f"<a:MessageID>m</a:MessageID><a:From><a:Address>http://192.0.2.1/</a:Address></a:From>"
        f"<a:To>{ANONYMOUS}</a:To>"
    )
    values = f"<sampledValue{sampled_value}><value{value}>5</value>{more}</sampledValue>"
    payload = (
        f'<meterValuesRequest xmlns="{NAMESPACE}"><connectorId>1</connectorId><meterValue{meter_value}>'
        f"<timestamp>2024-05-01T10:00:00Z</timestamp>{values}</meterValue></meterValuesRequest>"
    )
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}"><s:Header>{header}</s:Header>'
        f"<s:Body>{payload}</s:Body></s:Envelope>"
    ).encode()


def read(data: bytes) -> tuple[v16.SampledValue, Incoming]:
    incoming = decode_request(data, INDEX)
    assert isinstance(incoming.message, v16.MeterValuesRequest)
    return incoming.message.meter_value[0].sampled_value[0], incoming


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (sample(meter_value=' unit="kWh"'), DeviationKind.ATTRIBUTE_ON_PARENT),
        (sample(sampled_value=' unit="kWh"'), DeviationKind.FIELD_AS_ATTRIBUTE),
        (sample(value=' unit="kWh"'), DeviationKind.FIELD_AS_ATTRIBUTE),
    ],
    ids=["meterValue", "sampledValue", "value"],
)
def test_unit_as_an_attribute_is_not_lost(data: bytes, kind: DeviationKind) -> None:
    """A sample in kWh that is read as one in Wh would be a thousandth of the energy."""
    value, incoming = read(data)
    assert (value.value, value.unit) == ("5", v16.UnitOfMeasure.KWH)
    assert [deviation.kind for deviation in incoming.deviations] == [kind]
    with pytest.raises(DeviationError, match=kind.value):
        decode_request(data, INDEX, strict=True)


def test_message_without_stray_attributes_has_no_deviation() -> None:
    """Also where a text has an equals sign."""
    for data in (sample(), sample().replace(b"<value>5", b"<value>a=5"), sample(more="<unit>kWh</unit>")):
        assert read(data)[1].deviations == []


def test_two_different_units_are_refused() -> None:
    """Which one is meant cannot be told."""
    with pytest.raises(RepeatedFieldError, match="sampledValue"):
        read(sample(value=' unit="kWh"', more="<unit>Wh</unit>"))


def test_type_attribute_of_schema_instance_is_no_deviation() -> None:
    """Some writers give the type of each element."""
    typed = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"'
    assert read(sample(value=typed))[1].deviations == []

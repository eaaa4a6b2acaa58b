"""The configuration of a charge point: which keys there are, and what each of them takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk import v15, v16
from ocpp_sdk.charge_point.configuration import ConfigurationTable, Key, Kind
from ocpp_sdk.charge_point.configuration.measurands import PHASES, measurands_of
from ocpp_sdk.charge_point.hardware import ENERGY
from ocpp_sdk.charge_point.settings import ChargePointSettings
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion

V12, V15, V16 = OcppVersion
each_version = pytest.mark.parametrize("version", list(OcppVersion))

OF_1_2 = [
    "HeartBeatInterval",
    "ConnectionTimeOut",
    "ProximityContactRetries",
    "ProximityLockRetries",
    "ResetRetries",
    "BlinkRepeat",
    "LightIntensity",
    "ChargePointId",
    "MeterValueSampleInterval",
]
OF_1_5 = [
    *OF_1_2,
    *[
        "ClockAlignedDataInterval",
        "MeterValuesSampledData",
        "MeterValuesAlignedData",
        "StopTxnSampledData",
        "StopTxnAlignedData",
    ],
]
OF_1_6 = [
    "AllowOfflineTxForUnknownId",
    "AuthorizationCacheEnabled",
    "AuthorizeRemoteTxRequests",
    "BlinkRepeat",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "ConnectorPhaseRotationMaxLength",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LightIntensity",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MaxEnergyOnInvalidId",
    "MeterValuesAlignedData",
    "MeterValuesAlignedDataMaxLength",
    "MeterValuesSampledData",
    "MeterValuesSampledDataMaxLength",
    "MeterValueSampleInterval",
    "MinimumStatusDuration",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnAlignedDataMaxLength",
    "StopTxnSampledData",
    "StopTxnSampledDataMaxLength",
    "SupportedFeatureProfiles",
    "SupportedFeatureProfilesMaxLength",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
    "ReserveConnectorZeroSupported",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "ConnectorSwitch3to1PhaseSupported",
    "MaxChargingProfilesInstalled",
]
READ_ONLY_OF_1_6 = {
    *(name for name in OF_1_6 if name.endswith("MaxLength")),
    *[
        "GetConfigurationMaxKeys",
        "NumberOfConnectors",
        "SupportedFeatureProfiles",
        "ReserveConnectorZeroSupported",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "ConnectorSwitch3to1PhaseSupported",
        "MaxChargingProfilesInstalled",
    ],
}


def table_of(version: OcppVersion, lines: list[str] | None = None, connectors: int = 2) -> ConfigurationTable:
    """Return the keys of a charge point as it is delivered."""
    settings = ChargePointSettings(identity="CP1", version=version, connectors=connectors)
    return ConfigurationTable(settings, report=(lines if lines is not None else []).append)


@pytest.mark.parametrize(("version", "names"), [(V12, OF_1_2), (V15, OF_1_5), (V16, OF_1_6)])
def test_table_has_every_standard_key_of_its_version(version: OcppVersion, names: list[str]) -> None:
    """And one of a vendor, SampleOnTransaction."""
    found = table_of(version).read(())
    assert sorted(key.key for key in found.keys) == sorted([*names, "SampleOnTransaction"])


@each_version
def test_first_value_of_every_key_can_be_set_again(version: OcppVersion) -> None:
    """What a charge point says of itself it also takes, unless the key is read only."""
    table = table_of(version)
    for key in table.read(()).keys:
        expected = {"Rejected"} if key.readonly else {"Accepted", "RebootRequired"}
        assert table.change(key.key, key.value or "") in expected, key.key


def test_keys_of_1_6_are_read_only_where_the_specification_says_so() -> None:
    """1.6 section 9 marks them R."""
    found = table_of(V16).read(())
    assert {key.key for key in found.keys if key.readonly} == READ_ONLY_OF_1_6


@pytest.mark.parametrize("connectors", [1, 2, 31, 100, 1000])
def test_values_of_1_6_have_room_in_the_message_however_many_connectors_there_are(connectors: int) -> None:
    """A value is a CiString500."""
    found = table_of(V16, connectors=connectors).read(())
    assert all(len(key.value or "") <= 500 and len(key.key) <= 50 for key in found.keys)


@pytest.mark.parametrize(
    ("version", "enumeration"),
    [(V15, v15.central_system.Measurand), (V16, v16.central_system.Measurand)],
)
def test_measurands_are_those_of_the_schema(version: OcppVersion, enumeration: type[v15.Measurand]) -> None:
    """A word that can be configured can be sent."""
    assert measurands_of(version) == {str(one.value) for one in enumeration}
    assert {str(one.value) for one in v16.central_system.Phase} == PHASES


@pytest.mark.parametrize(
    ("version", "key", "value", "answer", "kept"),
    [
        (V12, "HeartBeatInterval", " 60 ", "Accepted", "60"),
        (V12, "MeterValuesSampledData", ENERGY, "NotSupported", None),
        (V15, "HeartbeatInterval", "60", "NotSupported", None),
        (V16, "HEARTBEATINTERVAL", "060", "Accepted", "60"),
        (V15, "ClockAlignedDataInterval", "86400", "Accepted", "86400"),
        (V15, "ClockAlignedDataInterval", "86401", "Rejected", "0"),
        (V15, "ClockAlignedDataInterval", "900.5", "Rejected", "0"),
        (V15, "ClockAlignedDataInterval", "", "Rejected", "0"),
        (V15, "ClockAlignedDataInterval", "٣", "Rejected", "0"),
        (V15, "MeterValuesAlignedData", "", "Accepted", ""),
        (V15, "MeterValuesAlignedData", "voltage", "Rejected", ENERGY),
        (V16, "MeterValuesAlignedData", "voltage, VOLTAGE,soc", "Accepted", "Voltage,SoC"),
        (V16, "StopTxnSampledData", "Voltage.L1,Current.Import.L2", "Accepted", "Voltage.L1,Current.Import.L2"),
        (V16, "StopTxnSampledData", "Voltage.L4", "Rejected", ""),
        (V15, "StopTxnSampledData", "Voltage.L1", "Rejected", ""),
        (V15, "StopTxnAlignedData", "SoC", "Rejected", ""),
        (V15, "StopTxnAlignedData", f"{ENERGY},Unheard", "Rejected", ""),
        (V16, "StopTxnAlignedData", ",".join(f"Voltage.{phase}" for phase in sorted(PHASES)), "Accepted", None),
        (V16, "ConnectorPhaseRotation", "0.RST, 1.rst,2.RTS", "RebootRequired", None),
        (V16, "ConnectorPhaseRotation", "3.RST", "Rejected", None),
        (V16, "ConnectorPhaseRotation", "1.RSR", "Rejected", None),
        (V16, "TransactionMessageAttempts", "0", "Rejected", "3"),
        (V16, "StopTransactionOnEVSideDisconnect", "False", "Accepted", "false"),
        (V16, "UnlockConnectorOnEVSideDisconnect", "false", "Accepted", "false"),
        (V16, "MinimumStatusDuration", "5", "Accepted", "5"),
        (V16, "MaxEnergyOnInvalidId", "500", "Accepted", "500"),
        (V16, "SampleOnTransaction", "false", "Accepted", "false"),
        (V16, "ReserveConnectorZeroSupported", "false", "Rejected", "true"),
        (V16, "MeterValuesSampledDataMaxLength", "99", "Rejected", "16"),
    ],
)
def test_change_takes_what_the_key_can_hold_and_nothing_else(
    version: OcppVersion, key: str, value: str, answer: str, kept: str | None
) -> None:
    """Blanks are dropped, words are spelled as the specification does, and a refusal changes nothing."""
    lines: list[str] = []
    table = table_of(version, lines)
    before = table.read((key,))
    assert table.change(key, value) == answer
    after = table.read((key,))
    if answer != "Accepted":
        assert after == before
    if kept is not None:
        assert after.keys[0].value == kept
    assert len(lines) == (answer == "Rejected")


def test_list_with_more_words_than_its_max_length_is_rejected() -> None:
    """16 measurands fit into the 500 characters of a value, however long their names are."""
    table = table_of(V16)
    words = [f"{measurand}.L1" for measurand in sorted(measurands_of(V16), key=len)]
    assert table.change("MeterValuesSampledData", ",".join(words[:16])) == "Accepted"
    assert table.change("MeterValuesSampledData", ",".join(words[:17])) == "Rejected"
    assert len(table.words("MeterValuesSampledData")) == 16


def test_measurands_of_the_meter_decide_what_can_be_asked_for() -> None:
    """A register gives its energy per interval too; a kept value is left out where it is used, and said so."""
    lines: list[str] = []
    table = table_of(V15, lines)
    table.restore({"MeterValuesSampledData": f"Voltage,{ENERGY}"})
    assert table.words("MeterValuesSampledData") == ("Voltage", ENERGY)
    table.set_measurands(frozenset({ENERGY, "SoC"}))
    assert table.words("MeterValuesSampledData") == (ENERGY,)
    assert lines == ["MeterValuesSampledData: the meter does not give Voltage; left out"]
    assert table.change("MeterValuesSampledData", "Energy.Active.Import.Interval") == "Accepted"
    assert table.change("MeterValuesSampledData", f"{ENERGY},Voltage") == "Rejected"
    assert table.change("MeterValuesSampledData", "SoC") == "Rejected", "1.5 has no word for it"
    table.set_measurands(frozenset({ENERGY, "Voltage"}))
    assert table.change("MeterValuesSampledData", f"{ENERGY},Voltage") == "Accepted"


def test_value_that_is_no_longer_measured_is_used_again_when_the_meter_gives_it() -> None:
    """The hardware may be another one tomorrow, so that what was chosen is kept."""
    table = table_of(V16)
    table.change("StopTxnSampledData", "Voltage")
    table.set_measurands({ENERGY})
    assert (table.words("StopTxnSampledData"), table.text("StopTxnSampledData")) == ((), "Voltage")
    table.set_measurands({ENERGY, "Voltage"})
    assert table.words("StopTxnSampledData") == ("Voltage",)


def test_key_that_waits_for_a_reboot_is_taken_over_then() -> None:
    """Until then the old value is read; what has to be kept is the new one."""
    table = table_of(V16)
    assert table.change("connectorphaserotation", "1.RST") == "RebootRequired"
    assert table.chosen("connectorphaserotation") == ("ConnectorPhaseRotation", "1.RST")
    assert table.text("ConnectorPhaseRotation") != "1.RST"
    table.reboot()
    assert table.text("ConnectorPhaseRotation") == "1.RST"


def test_key_of_a_vendor_is_changed_and_restored_like_any_other() -> None:
    """Also if its value was restored before it was added."""
    table = table_of(V15)
    table.restore({"Colour": "red", "Forgotten": "1"})
    table.add(Key("Colour", Kind.LIST, "green", choices={"red", "green"}))
    assert table.text("Colour") == "red"
    assert table.change("Colour", "blue") == "Rejected"
    assert table.change("Colour", "green") == "Accepted"
    assert table.read(("Colour", "Forgotten")).unknown == ("Forgotten",)


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        (Key("heartbeatinterval", Kind.INTEGER, "1"), "there is such a key"),
        (Key("", Kind.TEXT, ""), "1 to 50 characters"),
        (Key("x" * 51, Kind.TEXT, ""), "1 to 50 characters"),
        (Key("Size", Kind.INTEGER, "5", most=4), "Size: must be a whole number from 0 to 4"),
        (Key("Text", Kind.TEXT, "x" * 501), "Text: 501 characters"),
    ],
)
def test_key_of_a_vendor_that_cannot_be_is_refused(key: Key, complaint: str) -> None:
    """With its name and what is wrong with it."""
    with pytest.raises(ConfigurationError, match=complaint):
        table_of(V16).add(key)


def test_kept_value_that_cannot_be_is_passed_over_with_a_line() -> None:
    """A file from elsewhere must not keep a charge point from starting; read only keys are its own."""
    lines: list[str] = []
    table = table_of(V16, lines)
    table.restore({"LightIntensity": "500", "NumberOfConnectors": "9", "BlinkRepeat": "7"})
    assert [table.integer(name) for name in ("LightIntensity", "NumberOfConnectors", "BlinkRepeat")] == [100, 2, 7]
    assert lines == ["LightIntensity: the kept value '500' is passed over: must be a whole number from 0 to 100"]


def test_more_keys_than_can_be_asked_for_are_cut_in_1_6() -> None:
    """GetConfigurationMaxKeys is 100; all keys without names are never cut."""
    names = tuple(f"Key{number}" for number in range(150))
    assert len(table_of(V16).read(names).unknown) == 100
    assert len(table_of(V15).read(names).unknown) == 150
    table = table_of(V16)
    for name in names:
        table.add(Key(name, Kind.TEXT, ""))
    assert len(table.read(()).keys) == len(OF_1_6) + 1 + 150


def test_change_is_told_to_everybody_who_listens() -> None:
    """Several loops can wait for changes without taking them from each other."""
    table, first, second = table_of(V16), list[str](), list[str]()
    table.on_change(first.append)
    stop = table.on_change(second.append)
    table.change("blinkrepeat", "4")
    stop()
    table.set_heartbeat_interval(30)
    table.set_measurands({ENERGY})
    assert first == ["BlinkRepeat", "HeartbeatInterval", ""]
    assert second == ["BlinkRepeat"]


@each_version
@given(data=st.data())
def test_any_text_is_answered_and_never_breaks_a_value(version: OcppVersion, data: st.DataObject) -> None:
    """Whatever a central system sends, the values stay of their type and size."""
    table = table_of(version)
    names = [key.key for key in table.read(()).keys]
    texts = st.text() | st.sampled_from([ENERGY, "true", "10", ",", f"{ENERGY},,{ENERGY}"]) | st.integers().map(str)
    for _ in range(5):
        table.change(data.draw(st.sampled_from(names) | st.text()), data.draw(texts))
    for key in table.read(()).keys:
        assert key.value is not None
        assert len(key.value) <= 500
        assert key.readonly or table.change(key.key, key.value) != "Rejected"

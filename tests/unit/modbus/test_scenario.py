"""Scenarios of the simulated PLC: what they do, and a line for each mistake."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.simulator.scenario import VERBS, parse_scenario, parse_step
from ocpp_sdk.modbus.simulator.server import SimulatedPlc


def test_scenario_does_to_the_plc_what_its_lines_say() -> None:
    """Every verb, in order, with comments and empty lines between."""

    async def play() -> SimulatedPlc:
        plc = SimulatedPlc(default_map(2))
        lines = ["plug 2  # a car", "", "power 2 7400", "fault 1 3", "refuse 1", "silent", "wait 1.5", "answer"]
        steps = parse_scenario("\n".join([*lines, "plug 1", "unplug 1", "accept 2"]), name="s", connectors=2)
        assert [step.wait_s for step in steps if step.wait_s] == [1.5]
        for step in steps:
            step.apply(plc)
        return plc

    plc = asyncio.run(play())
    first, second = plc.connectors[1], plc.connectors[2]
    assert (first.plugged, first.fault, first.remote_accepts) == (False, 3, False)
    assert (second.plugged, second.power_w, second.fault, second.remote_accepts) == (True, 7400, 0, True)
    assert plc.answers.is_set()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("explode 1", "s:2: 'explode' is nothing that can happen; there are plug, unplug, swipe"),
        ("plug", "s:2: it is plug CONNECTOR: connect a vehicle"),
        ("plug 3", "s:2: there is no connector 3; it is 1 to 2"),
        ("plug x", "s:2: 'x' is no number from 0 to 99; it is plug CONNECTOR"),
        ("swipe 1", "s:2: it is swipe CONNECTOR TAG"),
        (f"swipe 1 {'X' * 21}", "s:2: 'XXXXXXXXXXXXXXXXXXXXX' is no tag; it has up to 20 ASCII characters"),
        ("fault 1 13", "s:2: '13' is no number from 0 to 12; it is fault CONNECTOR NUMBER"),
        ("wait nan", "s:2: 'nan' is no number from 0 to 10000000"),
    ],
)
def test_line_that_cannot_be_done_is_refused_before_anything_is(line: str, said: str) -> None:
    """The line and the way to write it are named."""
    with pytest.raises(ConfigurationError) as caught:
        parse_scenario(f"plug 1\n{line}\n", name="s", connectors=2)
    assert str(caught.value).startswith(said)


@given(st.text(max_size=40) | st.lists(st.sampled_from([*VERBS, "1", "2", "x", "-1"]), max_size=4).map(" ".join))
def test_any_line_is_a_step_or_refused(line: str) -> None:
    """Whatever somebody types, nothing but ConfigurationError comes out."""
    try:
        parse_step(line, connectors=2)
        said = ""
    except ConfigurationError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1

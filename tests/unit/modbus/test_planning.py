"""Plans of requests: the fewest, within the limits, never tearing apart what belongs together."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ocpp_sdk.errors import RegisterValueError
from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.planning import plan_reads, plan_writes
from ocpp_sdk.modbus.registers import Register, RegisterMap, RegisterType, Side, SideLimits
from ocpp_sdk.modbus.words import encode


def build(
    side: Side, spans: list[tuple[str, int, int]], limits: SideLimits, function: int | None = None
) -> RegisterMap:
    """Return a map of registers given by name, address and length."""
    code = function or (4 if side is Side.READ else 16)
    registers = {
        name: Register(
            name=name,
            side=side,
            address=address,
            length=length,
            type=RegisterType.U16 if length == 1 else RegisterType.TEXT,
            function=code,
        )
        for name, address, length in spans
    }
    return RegisterMap(name="m", registers=registers, read=limits, write=limits)


@st.composite
def read_maps(draw: st.DrawFn) -> RegisterMap:
    """Draw maps of registers with gaps between them, none of which belong together."""
    most = draw(st.integers(4, 20))
    address, spans = draw(st.integers(0, 300)), []
    for number in range(draw(st.integers(1, 30))):
        address += draw(st.integers(0, 4))
        length = draw(st.integers(1, 4))
        spans.append((f"R{number}", address, length))
        address += length
    return build(Side.READ, spans, SideLimits(max_words=most, max_gap=draw(st.integers(0, 4))))


def fewest(register_map: RegisterMap) -> int:
    """Return the least number of requests, found by trying every way to cut the registers."""
    ordered = register_map.of(Side.READ)
    limits = register_map.read
    best = [0] * (len(ordered) + 1)
    for end in range(1, len(ordered) + 1):
        choices = []
        for start in range(end - 1, -1, -1):
            if ordered[end - 1].end - ordered[start].address > limits.max_words:
                break
            if start < end - 1 and ordered[start + 1].address - ordered[start].end > limits.max_gap:
                break
            choices.append(best[start] + 1)
        best[end] = min(choices)
    return best[-1]


@given(read_maps())
def test_reads_are_the_fewest_that_cover_everything_within_the_limits(register_map: RegisterMap) -> None:
    """Each register once, no request too long, no gap too wide, and no other cut needs fewer requests."""
    requests = plan_reads(register_map)
    assert [one for request in requests for one in request.registers] == list(register_map.of(Side.READ))
    for request in requests:
        assert request.count <= register_map.read.max_words
        assert request.address == request.registers[0].address
        assert request.address + request.count == request.registers[-1].end
        gaps = [b.address - a.end for a, b in zip(request.registers, request.registers[1:], strict=False)]
        assert max(gaps, default=0) <= register_map.read.max_gap
    assert len(requests) == fewest(register_map)


@pytest.mark.parametrize("connectors", [1, 2, 5, 20])
def test_exchange_of_a_connector_is_read_in_one_request(connectors: int) -> None:
    """A command and its data are always of the same moment."""
    requests = plan_reads(default_map(connectors))
    for group in {one.group for request in requests for one in request.registers}:
        assert sum(any(one.group == group for one in request.registers) for request in requests) == 1


def test_default_map_is_read_in_two_requests() -> None:
    """135 registers need two, and two are enough."""
    assert [(one.function, one.address, one.count) for one in plan_reads(default_map(2))] == [
        (4, 200, 123),
        (4, 323, 12),
    ]


def test_exchange_that_no_request_can_hold_is_read_in_pieces() -> None:
    """A device with a small limit is read all the same."""
    spans = [("START_CON1_CMD", 0, 1), ("START_CON1_IDTAG", 1, 10)]
    found = plan_reads(build(Side.READ, spans, SideLimits(max_words=10)))
    assert [(one.address, one.count) for one in found] == [(0, 1), (1, 10)]


def test_functions_are_never_mixed_in_a_request() -> None:
    """Input and holding registers with adjacent addresses are read apart."""
    register_map = build(Side.READ, [("A", 0, 1)], SideLimits(max_words=125))
    other = build(Side.READ, [("B", 1, 1)], SideLimits(max_words=125), function=3)
    both = RegisterMap(
        name="m", registers={**register_map.registers, **other.registers}, read=register_map.read, write=other.write
    )
    assert [(one.function, one.address, one.count) for one in plan_reads(both)] == [(3, 1, 1), (4, 0, 1)]


MAP = default_map(2)


def test_writes_hold_only_what_has_changed() -> None:
    """What the device holds already is not sent, adjacent changes go together."""
    values = {
        "START_CON1_COMPLETE": True,
        "START_CON1_ACCEPTED": True,
        "START_CON1_TRANSACTION_ID": 70000,
        "STOP_CON1_COMPLETE": False,
    }
    written = {name: encode(MAP.registers[name], 0) for name in values}
    (request,) = plan_writes(MAP, values, written)
    first = MAP.registers["START_CON1_COMPLETE"].address
    assert (request.function, request.address, request.words) == (16, first, (1, 1, 70000 & 0xFFFF, 1))
    done = {name: encode(MAP.registers[name], value) for name, value in values.items()}
    assert plan_writes(MAP, values, done) == ()


def test_write_of_unknown_state_sends_all() -> None:
    """After a new connection nothing is known, so everything is written."""
    values = {"CONTROL_CON1_LOCK_ALLOW": True, "CONTROL_CON2_LOCK_ALLOW": True}
    assert len(plan_writes(MAP, values, {})) == 2


def test_function_6_writes_one_register_at_a_time() -> None:
    """A device that knows only the single write gets single writes."""
    register_map = build(Side.WRITE, [("A", 0, 1), ("B", 1, 1)], SideLimits(max_words=123), function=6)
    found = plan_writes(register_map, {"A": 1, "B": 2}, {})
    assert [(one.function, one.address, one.words) for one in found] == [(6, 0, (1,)), (6, 1, (2,))]


@st.composite
def write_maps(draw: st.DrawFn) -> RegisterMap:
    """Draw maps in which signals and their data lie in any order, with and without gaps."""
    names = [f"{kind}_CON1_{part}" for kind in ("START", "STOP") for part in ("COMPLETE", "ACCEPTED", "ID")]
    address, spans = 0, []
    for name in draw(st.permutations(names)):
        address += draw(st.integers(0, 1))
        spans.append((name, address, 1))
        address += 1
    return build(Side.WRITE, spans, SideLimits(max_words=draw(st.integers(1, 6))))


@given(write_maps(), st.data())
def test_signal_never_comes_before_its_data(register_map: RegisterMap, data: st.DataObject) -> None:
    """However a map is laid out, the PLC finds the results when it sees _COMPLETE."""
    names = data.draw(st.sets(st.sampled_from(sorted(register_map.registers)), min_size=1))
    requests = plan_writes(register_map, dict.fromkeys(names, 1), {})
    assert sorted(one.name for request in requests for one in request.registers) == sorted(names)
    assert all(len(request.words) <= register_map.write.max_words for request in requests)
    seen: set[str] = set()
    for request in requests:
        assert not any(one.group in seen for one in request.registers if not one.is_signal)
        seen.update(one.group for one in request.registers if one.is_signal)


@given(st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), st.integers(0, 3)), st.data())
def test_writes_leave_the_device_with_the_wanted_values(values: dict[str, int], data: st.DataObject) -> None:
    """Sending the difference has the same effect as sending everything."""
    register_map = build(Side.WRITE, [(n, a, 1) for a, n in enumerate("ABCD")], SideLimits(max_words=3))
    held = {name: data.draw(st.integers(0, 3)) for name in "ABCD"}
    assume(values)
    for request in plan_writes(register_map, values, {name: [value] for name, value in held.items()}):
        assert request.words != tuple(held[one.name] for one in request.registers)
        held.update(zip((one.name for one in request.registers), request.words, strict=True))
    assert {name: held[name] for name in values} == values


@pytest.mark.parametrize("name", ["START_CON9_COMPLETE", "START_CON1_CMD"])
def test_write_of_a_name_that_cannot_be_written_is_refused(name: str) -> None:
    """A name that is unknown, or is the PLC's to write, is one line."""
    with pytest.raises(RegisterValueError, match=f"{name} is no register that can be written"):
        plan_writes(MAP, {name: 1}, {})

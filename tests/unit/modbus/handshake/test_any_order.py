"""Starts in any order of events, with the line cut before and after a write: none twice, none unaccounted for."""

from hypothesis import example, given
from hypothesis import strategies as st

from ocpp_sdk.modbus.handshake import Answer, Event, Exchange, PlcAsked, RecordMoved, StartAsked
from tests.unit.modbus.handshake.station import Station

FINAL = {"AcceptedToModbus", "ExpiredToModbus", "FieldsError"}
STEPS = ["raise", "look", "withdraw", "answer", "cycle", "cut", "lose", "unconfirmed"]
RESET_LOST = ["cycle", "answer", "cut", "unconfirmed", "cut", "lose", "look"]


class World:
    """A PLC that follows the contract, a central system, and a line between them that breaks.

    Attributes:
        taken: transactions with which the PLC charges.
        tags: tag of each record that was told.
        final: the last state of each record that has one.
    """

    def __init__(self) -> None:
        self.station = Station()
        self.taken: dict[int, str] = {}
        self.tags: dict[str, str] = {}
        self.open: list[str] = []
        self.final: dict[str, list[str]] = {}
        self.numbers: dict[str, int] = {}
        self.doubtful = 0

    def take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, PlcAsked):
                assert isinstance(event.asked, StartAsked)
                assert event.record_id not in self.tags
                self.tags[event.record_id] = event.asked.id_tag
                self.open.append(event.record_id)
            elif isinstance(event, RecordMoved) and event.state in FINAL:
                self.final.setdefault(event.record_id, []).append(event.state.value)

    def look(self) -> None:
        """Let the PLC look at what was written."""
        held, plc = self.station.held("START_CON1"), self.station.plc
        if plc["START_CON1_CMD"] and held.get("COMPLETE"):
            if held["ACCEPTED"]:
                number, tag = held["TRANSACTION_ID"], plc["START_CON1_IDTAG"]
                assert isinstance(number, int)
                assert isinstance(tag, str)
                assert number not in self.taken
                self.taken[number] = tag
            self.station.show("START_CON1", CMD=False)

    def do(self, step: str, tag: str) -> None:
        station = self.station
        if step == "raise":
            if not station.plc["START_CON1_CMD"] and not station.held("START_CON1").get("COMPLETE"):
                station.show("START_CON1", CMD=True, IDTAG=tag, WHMETER=5)
        elif step == "look":
            self.look()
        elif step == "withdraw":
            # A PLC that gives up at the very moment of a lost write cannot be told from one that took it. That lasts
            # until a cycle has taken the answer back and the next one has seen that the PLC asks on.
            if not self.doubtful and not station.held("START_CON1").get("COMPLETE"):
                station.show("START_CON1", CMD=False)
        elif step == "answer" and self.open:
            record_id = self.open.pop(0)
            self.numbers[record_id] = len(self.numbers) + 1
            given = Answer(transaction_id=self.numbers[record_id])
            self.take(station.handshake.answer(Exchange.START, 1, record_id, given, station.now))
        elif step == "cycle":
            self.take(station.cycle())
            self.doubtful = max(0, self.doubtful - 1)
        elif step == "cut":
            self.take(station.cut(11))
        elif step in {"lose", "unconfirmed"}:
            station.now += 0.5
            self.take(station.read())
            values = station.handshake.wanted()
            station.handshake.writing(values)
            self.doubtful = 2
            if step == "unconfirmed":
                station.ours.update(values)


@example([("raise", "A")] * 14 + [(step, "A") for step in RESET_LOST])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(["A", "B"])), min_size=20, max_size=60))
def test_starts_in_any_order_are_each_accounted_for_once(steps: list[tuple[str, str]]) -> None:
    """The PLC charges with exactly the transactions whose records say that it took them, for the tag that asked."""
    world = World()
    for step, tag in steps:
        world.do(step, tag)
    for _ in range(8):
        for step in ("cycle", "look", "cycle", "answer", "cycle", "look", "cycle", "cut"):
            world.do(step, "A")
    assert set(world.final) == set(world.tags)
    assert all(len(found) == 1 for found in world.final.values())
    accepted = {record_id for record_id, found in world.final.items() if found == ["AcceptedToModbus"]}
    assert {world.numbers[record_id] for record_id in accepted} == set(world.taken)
    assert all(world.taken[world.numbers[record_id]] == world.tags[record_id] for record_id in accepted)

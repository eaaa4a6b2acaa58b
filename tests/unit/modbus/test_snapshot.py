"""What is made of the words that were read."""

from ocpp_sdk.modbus.map import default_map
from ocpp_sdk.modbus.planning import plan_reads
from ocpp_sdk.modbus.snapshot import reader_of

MAP = default_map(2)
REQUESTS = plan_reads(MAP)


def answers(**words: int) -> list[list[int]]:
    """Return zeros, and the first word of some registers."""
    found = [[0] * request.count for request in REQUESTS]
    for name, word in words.items():
        register = MAP.registers[name]
        request, held = next(pair for pair in zip(REQUESTS, found, strict=True) if register in pair[0].registers)
        held[register.address - request.address] = word
    return found


def test_same_words_give_the_same_values_at_another_time() -> None:
    """Nothing is decoded again, whether the words made values or not."""
    read = reader_of(REQUESTS)
    first = read(1.0, answers(MV_CONNECTOR1_WHMETER=7, AUTH_CON1_IDTAG=0xFFFF))
    second = read(2.0, answers(MV_CONNECTOR1_WHMETER=7, AUTH_CON1_IDTAG=0xFFFF))
    assert (first.at, second.at) == (1.0, 2.0)
    assert second.values is first.values
    assert second.problems is first.problems
    assert set(first.problems) == {"AUTH_CON1_IDTAG"}


def test_any_other_word_gives_other_values() -> None:
    """Also after words that came twice, and back to those of before."""
    read = reader_of(REQUESTS)
    seen = []
    for at, energy in enumerate((7, 7, 8, 8, 7)):
        snapshot = read(float(at), answers(MV_CONNECTOR1_WHMETER=energy))
        seen.append((snapshot.at, snapshot.number("MV_CONNECTOR1_WHMETER")))
    wide = seen[0][1]
    assert seen == [(0.0, wide), (1.0, wide), (2.0, seen[2][1]), (3.0, seen[2][1]), (4.0, wide)]
    assert wide != seen[2][1]

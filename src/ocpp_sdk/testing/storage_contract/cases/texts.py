"""Cases of `Store`: texts and numbers of any kind come back as they were given, or are refused whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

import pytest

from ocpp_sdk.errors import StorageError, StorageUnavailableError
from ocpp_sdk.storage.calls import Queue
from ocpp_sdk.storage.configuration import ConfigurationKey
from ocpp_sdk.storage.id_tags import IdTagRecord
from ocpp_sdk.storage.local_list import ListedTag
from ocpp_sdk.storage.store import Store
from ocpp_sdk.storage.transfer import Topic, TransferRecord
from ocpp_sdk.testing.storage_contract.examples import (
    BOOT,
    CP,
    NOON,
    after,
    cached,
    call,
    exchange,
    message,
    notification,
    reservation,
    sample,
    start,
    status,
    stop,
)
from ocpp_sdk.testing.storage_contract.filling import dump_all
from ocpp_sdk.testing.storage_contract.under_test import Trial, case

__all__ = ["TextContract"]

_MEGABYTE: Final = '{"größe": "' + "aü€\U0001f50c" * 100_000 + '"}'
_ODD: Final = [
    "",
    " ",
    "  blanks  ",
    "tab\t, line\n, both\r\n, return\r",
    "quotes ' \" ` and \\ and \\n and %s and :name and ? and $1",
    "null",
    "\ufeffmark",
    "e\u0301 is not é",
    "\u2028\x85\x0b\x0c\x1f\x7f",
    "\U0001f50c\U0010ffff\ufffd",
    "日本語 עברית",
    "0001",
    "1e5",
    "2026-05-04T12:00:00Z",
]


async def _claimed(store: Store) -> int:
    found = await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=timedelta(1))
    assert found is not None
    return found.number


_WRITES: Final[dict[str, Callable[[Store, str], Awaitable[object]]]] = {
    "register": lambda store, text: store.register(CP, replace(BOOT, model=text), registration="A", at=NOON),
    "register identity": lambda store, text: store.register(text, BOOT, registration="A", at=NOON),
    "set_firmware_status": lambda store, text: store.set_firmware_status(CP, text, NOON),
    "set_connector_status": lambda store, text: store.set_connector_status(status(info=text)),
    "put_id_tag": lambda store, text: store.put_id_tag(IdTagRecord(id_tag=text)),
    "start_transaction": lambda store, text: store.start_transaction(start(id_tag=text)),
    "stop_transaction": lambda store, text: store.stop_transaction(stop(1, id_tag=text), [sample(text)], NOON),
    "add_samples": lambda store, text: store.add_samples([sample("1"), sample(text), sample("2")]),
    "put_reservation": lambda store, text: store.put_reservation(replace(reservation(1), id_tag=text)),
    "enqueue": lambda store, text: store.enqueue(Queue.REQUESTS, replace(call("k"), request=text)),
    "enqueue key": lambda store, text: store.enqueue(Queue.REQUESTS, call(text)),
    "add_exchange": lambda store, text: store.add_exchange(replace(exchange("k"), data=text)),
    "put_configuration": lambda store, text: store.put_configuration(CP, [ConfigurationKey(key="k", value=text)]),
    "replace_local_list": lambda store, text: store.replace_local_list(CP, 1, [ListedTag(id_tag=text)], at=NOON),
    "cache_tag": lambda store, text: store.cache_tag(CP, cached(text)),
    "record_message": lambda store, text: store.record_message(message(text)),
    "record_message deviation": lambda store, text: store.record_message(message(deviations=(text,))),
    "add_notification": lambda store, text: store.add_notification(notification(text)),
    "put_setting": lambda store, text: store.put_setting("k", text),
    "put_setting key": lambda store, text: store.put_setting(text, "v"),
    "load": lambda store, text: store.load(Topic.ID_TAGS, [IdTagRecord(id_tag="a"), IdTagRecord(id_tag=text + "l")]),
}


class TextContract:
    """Texts and numbers."""

    @case
    async def test_texts_of_a_megabyte_come_back(self, trial: Trial) -> None:
        """Wherever a peer or a person decides how long a text is."""
        store = await trial.open()
        number = await store.record_message(replace(message(_MEGABYTE), reply=_MEGABYTE, fault=_MEGABYTE))
        await store.set_connector_status(status(info=_MEGABYTE))
        queued = await store.enqueue(Queue.COMMANDS, replace(call("k"), request=_MEGABYTE))
        claimed = await store.claim(Queue.COMMANDS, worker="w", now=NOON, lease=timedelta(1))
        await store.answer_call(Queue.COMMANDS, queued.number, 1, reply=_MEGABYTE, at=NOON)
        added = await store.add_exchange(replace(exchange("k"), data=_MEGABYTE))
        await store.put_setting("k", _MEGABYTE)
        await store.add_notification(notification(_MEGABYTE))
        store = await trial.reopen(store)
        found = await store.message(number)
        assert found is not None
        # The texts are not in the assertion, which would show them whole.
        same = [text == _MEGABYTE for text in (found.request, found.reply, found.fault)]
        same.append((await store.connector_statuses())[0].info == _MEGABYTE)
        answered = await store.call(Queue.COMMANDS, queued.number)
        same += [claimed is not None and claimed.request == _MEGABYTE]
        same += [answered is not None and answered.request == answered.reply == _MEGABYTE]
        same.append((await store.exchanges())[0] == added and added.data == _MEGABYTE)
        same.append(await store.setting("k") == _MEGABYTE)
        same.append((await store.notifications())[0].text == _MEGABYTE)
        assert same == [True] * 9

    @case
    async def test_long_identities_and_id_tags_come_back(self, trial: Trial) -> None:
        """200 letters of four bytes each, the last one telling them apart."""
        store = await trial.open()
        long = ["\U0001f50c" * 199 + end for end in ("a", "b")]
        for number, text in enumerate(long):
            await store.register(text, BOOT, registration=f"R{number}", at=NOON)
            await store.put_id_tag(IdTagRecord(id_tag=text, status=f"S{number}"))
            await store.start_transaction(start(identity=text, id_tag=text, meter=number))
            await store.enqueue(Queue.COMMANDS, call(text, identity=text))
            await store.cache_tag(text, cached(text, f"S{number}"))
        for number, text in enumerate(long):
            point, tag = await store.charge_point(text.upper()), await store.id_tag(text.upper())
            assert point is not None
            assert (point.identity, point.registration) == (text, f"R{number}")
            assert tag == IdTagRecord(id_tag=text, status=f"S{number}")
            (begun,) = await store.transactions(text, id_tag=text)
            assert begun.start.meter_start_wh == number
            assert [item.key for item in await store.calls(Queue.COMMANDS, text)] == [text]
            assert [item.status for item in await store.cached_tags(text)] == [f"S{number}"]

    @case
    async def test_odd_texts_come_back_to_the_letter(self, trial: Trial) -> None:
        """Empty ones, blanks, marks, other scripts and texts that look like something else."""
        store = await trial.open()
        for text in _ODD:
            await store.record_message(replace(message(text), fault=text, reply=text, message_id=text, peer_host=text))
            await store.set_connector_status(replace(status(text), error_code=text, info=text, vendor_id=text))
            await store.add_samples([replace(sample(text), unit=text, context=text)])
            await store.add_notification(replace(notification(text), kind=text))
            await store.enqueue(Queue.COMMANDS, replace(call("k", identity=f"CP{len(text)}{text}"), request=text))
            await store.put_configuration(CP, [ConfigurationKey(key=f"k{_ODD.index(text):02}", value=text)])
        store = await trial.reopen(store)
        found = await store.messages()
        assert [item.request for item in found] == _ODD
        assert all((item.reply, item.fault, item.message_id, item.peer_host) == (item.request,) * 4 for item in found)
        history = await store.status_history(CP)
        assert [item.status for item in history] == _ODD[::-1]
        assert all((item.error_code, item.info, item.vendor_id) == (item.status,) * 3 for item in history)
        samples = await store.samples()
        assert [(item.value, item.unit, item.context) for item in samples] == [(text,) * 3 for text in _ODD]
        notes = await store.notifications()
        assert [(item.text, item.kind) for item in notes] == [(text, text) for text in _ODD[::-1]]
        assert [item.request for item in await store.calls(Queue.COMMANDS)] == _ODD
        assert [item.value for item in await store.configuration(CP)] == _ODD

    @pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"], ids=["nul", "surrogate"])
    @case
    async def test_text_that_few_can_hold_comes_back_or_is_refused_whole(self, trial: Trial, text: str) -> None:
        """By every verb that takes a text; a refused one leaves nothing behind, and says so in one line."""
        store = await trial.open()
        writes = {name: partial(write, store, text) for name, write in _WRITES.items()}
        await _kept_or_refused(store, writes, repr(text)[1:-1])
        await store.put_setting("after", "all")
        assert await store.setting("after") == "all"

    @case
    async def test_number_beyond_64_bits_comes_back_or_is_refused_whole(self, trial: Trial) -> None:
        """A refused one leaves nothing behind, and the store goes on."""
        store = await trial.open()
        for number in (2**63, -(2**63) - 1, 2**80):
            writes: dict[str, Callable[[], Awaitable[object]]] = {
                "add_samples": partial(store.add_samples, [sample(), sample(connector_id=number)]),
                "start_transaction": partial(store.start_transaction, start(meter=number)),
                "put_reservation": partial(store.put_reservation, reservation(number)),
            }
            await _kept_or_refused(store, writes, str(number))
        assert (await store.start_transaction(start(at=1))).repeated is False
        assert (await store.transactions(limit=1))[0].start == start(at=1)
        assert await store.add_samples([sample("after", at=1)]) is True
        assert (await store.samples())[-1].sampled_at == after(1)


async def _kept_or_refused(store: Store, writes: Mapping[str, Callable[[], Awaitable[object]]], shown: str) -> None:
    """Check that each write is there afterwards, or has raised an error in one line and left nothing behind.

    Args:
        store: where they write.
        writes: under their names.
        shown: what is seen of each in a dump.
    """
    before = await _dump(store)
    for name, write in writes.items():
        (answer,) = await asyncio.gather(write(), return_exceptions=True)
        if isinstance(answer, BaseException):
            assert isinstance(answer, StorageError), f"{name}: {answer!r}"
            assert not isinstance(answer, StorageUnavailableError), f"{name}: {answer!r}"
            assert len(str(answer).splitlines()) == 1, f"{name}: {answer!r}"
            assert await _dump(store) == before, name
        else:
            grown = await _dump(store)
            assert repr(grown).count(shown) > repr(before).count(shown), name
            before = grown


async def _dump(store: Store) -> dict[Topic, Sequence[TransferRecord]]:
    """Return all of a store but the numbers that were given, of which a write that failed may have used one."""
    dump = await dump_all(store)
    del dump[Topic.SEQUENCES]
    return dump

"""Messages that are filled before they are frozen."""

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest

from ocpp_sdk.storage import Direction, WireMessage
from ocpp_sdk.storage.messages import MessageDraft

MESSAGE = WireMessage(
    at=datetime(2026, 5, 4, 12, tzinfo=UTC), identity="CP1", operation="Heartbeat", request="{}", deviations=("A",)
)


def test_draft_becomes_the_message_that_its_class_would_have_made() -> None:
    """With all attributes, equal to another one, and closed to changes."""
    draft = MessageDraft()
    for field in fields(WireMessage):
        setattr(draft, field.name, getattr(MESSAGE, field.name))
    message = draft.freeze()
    assert type(message) is WireMessage
    assert (message, hash(message), repr(message)) == (MESSAGE, hash(MESSAGE), repr(MESSAGE))
    with pytest.raises(FrozenInstanceError):
        message.direction = Direction.TO_CHARGE_POINT  # type: ignore[misc]  # what must not work
    assert list(MessageDraft.__annotations__) == [field.name for field in fields(WireMessage)]

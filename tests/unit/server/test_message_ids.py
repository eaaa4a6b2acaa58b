"""Message ids of replies."""

from __future__ import annotations

import os
import uuid

from ocpp_sdk.server.message_ids import MessageIds, new_message_id


def test_message_ids_are_uuids_and_no_two_alike() -> None:
    """Each id is a well-formed UUID of version 4, also across processes that were started alike."""
    texts = [new_message_id() for _ in range(1000)] + [MessageIds().new() for _ in range(1000)]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert text.startswith("urn:uuid:")
        assert uuid.UUID(text.removeprefix("urn:uuid:")).version == 4


def test_message_ids_of_a_forked_process_are_its_own() -> None:
    """A child goes on with another random part, so that two workers do not repeat each other."""
    own = new_message_id()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, new_message_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        other = stream.read().decode()
    assert other.startswith("urn:uuid:")
    assert other[:32] != own[:32]

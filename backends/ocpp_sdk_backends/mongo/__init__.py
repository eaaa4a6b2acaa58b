"""A store in MongoDB 4.4 or newer, on a server of its own or on a replica set.

Collections are made to be read by people: one document is one record (or all that a request brought at once), under
the names of the record's own fields. `_id` is the number, the id or the folded key; `charge_point` is the folded
identity, by which a document is found; times are texts of ISO 8601 in UTC, which sort as the times do, since dates of
BSON have no microseconds. A field that is not told is left out.

No verb needs a transaction of more than one document, which a server of its own does not have: what must be atomic is
one document, or is written in an order in which whatever a crash leaves is right by itself. The modules say how.

Writes are acknowledged by the majority of a replica set, and by the journal.
"""

from __future__ import annotations

from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.storage.store import Store

__all__ = ["open_mongo"]


async def open_mongo(url: str) -> Store:
    """Open a store; the caller closes it.

    Args:
        url: `mongodb://user:password@host/database`, or `mongodb+srv://…`, with the options that MongoDB defines.

    Raises:
        ConfigurationError: the server does not answer, does not let us in or is too old, or the URL names no database.
    """
    try:
        from ocpp_sdk_backends.mongo.opening import opened  # noqa: PLC0415 - an extra, maybe not installed
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"pymongo", "bson"}:
            raise
        raise ConfigurationError("storage 'mongodb' needs pymongo; pip install 'ocpp-sdk[mongo]'") from error
    return await opened(url)

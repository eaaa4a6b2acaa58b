"""What a vendor's own messages do: handlers for DataTransfer by vendorId and messageId (1.5 section 4.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from ocpp_sdk.charge_point.deadline import within
from ocpp_sdk.clock import Clock
from ocpp_sdk.errors import ConfigurationError, FaultError, InternalError
from ocpp_sdk.versions.domain import DataTransfer, DataTransferResult
from ocpp_sdk.versions.enumerations import DataTransferStatus

__all__ = ["Handler", "VendorRegistry"]

DEADLINE_S: Final = 15.0

Handler = Callable[[DataTransfer], Awaitable[DataTransferResult | str | None]]
"""Answers one message; a text is the data of an Accepted answer, None is Accepted without data."""

H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class _Entry:
    vendor_id: str
    message_id: str | None
    handler: Handler


class VendorRegistry:
    """The handlers of vendors' own messages.

    Names count without regard to case in 1.6, where they are CiStrings, and to the letter in 1.5 (sections 3.8 and 7);
    two that differ by case only cannot both be registered.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str | None], _Entry] = {}

    def on(self, vendor_id: str, message_id: str | None = None) -> Callable[[H], H]:
        """Register the function below as a handler.

        Args:
            vendor_id: 1 to 255 characters; should be a reversed DNS name, as `com.example`.
            message_id: up to 50 characters; None for messages without one, and those that no other handler takes.

        Raises:
            ConfigurationError: there is a handler for that already, or a name is too long.
        """
        if not 1 <= len(vendor_id) <= 255:
            raise ConfigurationError(f"vendor_id: must have 1 to 255 characters, not {len(vendor_id)}")
        if message_id is not None and not 1 <= len(message_id) <= 50:
            raise ConfigurationError(f"message_id: must have 1 to 50 characters, not {len(message_id)}")
        key = _key(vendor_id, message_id)
        if key in self._entries:
            raise ConfigurationError(f"DataTransfer {_name(vendor_id, message_id)}: there is a handler for it already")

        def register(handler: H) -> H:
            self._entries[key] = _Entry(vendor_id, message_id, handler)
            return handler

        return register

    async def answer(
        self,
        transfer: DataTransfer,
        *,
        clock: Clock,
        report: Callable[[str], None],
        ignore_case: bool,
        deadline_s: float = DEADLINE_S,
    ) -> DataTransferResult:
        """Let the handler of a message answer it.

        Args:
            transfer: the message.
            clock: measures the deadline.
            report: hears one line about a handler that failed.
            ignore_case: True in 1.6.
            deadline_s: how long the handler may take, in s; it is cancelled then.

        Returns:
            What the handler says; UnknownVendorId or UnknownMessageId if there is none.

        Raises:
            FaultError: the one that the handler raised; `InternalError` if it failed in another way or took too long.
        """
        entry = self._find(transfer, ignore_case=ignore_case)
        if isinstance(entry, DataTransferStatus):
            return DataTransferResult(status=entry)
        try:
            result = await within(clock, _call(entry.handler, transfer), deadline_s)
        except FaultError:
            raise
        except Exception as error:
            what = f"DataTransfer {_name(entry.vendor_id, entry.message_id)}"
            report(f"{what}: its handler failed: {type(error).__name__}: {error}")
            raise InternalError(f"{what} could not be handled") from error
        if isinstance(result, DataTransferResult):
            return result
        return DataTransferResult(status=DataTransferStatus.ACCEPTED, data=result)

    def _find(self, transfer: DataTransfer, *, ignore_case: bool) -> _Entry | DataTransferStatus:
        vendor = [
            entry
            for (vendor_id, _), entry in self._entries.items()
            if vendor_id == transfer.vendor_id.casefold() and (ignore_case or entry.vendor_id == transfer.vendor_id)
        ]
        if not vendor:
            return DataTransferStatus.UNKNOWN_VENDOR_ID
        # An empty element names no message.
        asked = transfer.message_id or None
        for entry in vendor:
            same = _key("", entry.message_id) == _key("", asked)
            if same and (ignore_case or entry.message_id == asked):
                return entry
        return next((entry for entry in vendor if entry.message_id is None), DataTransferStatus.UNKNOWN_MESSAGE_ID)


async def _call(handler: Handler, transfer: DataTransfer) -> DataTransferResult | str | None:
    result: object = await handler(transfer)
    if result is None or isinstance(result, (str, DataTransferResult)):
        return result
    raise TypeError(f"returned {type(result).__name__}; must be DataTransferResult, str or None")


def _key(vendor_id: str, message_id: str | None) -> tuple[str, str | None]:
    return vendor_id.casefold(), None if message_id is None else message_id.casefold()


def _name(vendor_id: str, message_id: str | None) -> str:
    return vendor_id if message_id is None else f"{vendor_id} {message_id}"

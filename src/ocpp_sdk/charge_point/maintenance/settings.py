"""What is fixed about the files that a charge point sends and fetches."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from ocpp_sdk.client.settings import TlsSettings
from ocpp_sdk.errors import ConfigurationError

__all__ = ["DiagnosticsSettings", "FirmwareSettings", "RetrySettings", "TransferSettings"]

_MIB: Final = 1024 * 1024
_MACHINE_TRUST: Final = TlsSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSettings:
    """Limits of one upload or download, and whom to trust.

    Attributes:
        connect_timeout_s: the longest wait for a connection.
        silence_timeout_s: the longest wait for the next byte, or for the peer to take one.
        total_timeout_s: the longest duration of one attempt.
        max_download_bytes: the largest file that is fetched.
        tls: for ftps and https; without a `ca_file` the machine's authorities are trusted.
    """

    connect_timeout_s: float = 10.0
    silence_timeout_s: float = 60.0
    total_timeout_s: float = 3600.0
    max_download_bytes: int = 512 * _MIB
    tls: TlsSettings = _MACHINE_TRUST

    def __post_init__(self) -> None:
        for name in ("connect_timeout_s", "silence_timeout_s", "total_timeout_s", "max_download_bytes"):
            _more_than_nothing(f"TransferSettings.{name}", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySettings:
    """How often a transfer is tried again; the central system may ask for something else within the limits.

    Attributes:
        retries: attempts after the first one, if the request does not say.
        retry_interval_s: pause before each of them, if the request does not say.
        max_retries: the most that a request can ask for.
        min_retry_interval_s: the shortest pause that a request can ask for.
        max_retry_interval_s: the longest.
    """

    retries: int = 3
    retry_interval_s: float = 60.0
    max_retries: int = 20
    min_retry_interval_s: float = 1.0
    max_retry_interval_s: float = 3600.0

    def __post_init__(self) -> None:
        if not 0 <= self.retries <= self.max_retries:
            raise ConfigurationError("RetrySettings.retries must be 0 at least and max_retries at most")
        if not 0 < self.min_retry_interval_s <= self.retry_interval_s <= self.max_retry_interval_s < float("inf"):
            raise ConfigurationError(
                "RetrySettings.retry_interval_s must lie between min_retry_interval_s, more than 0, and "
                "max_retry_interval_s"
            )

    def times(self, retries: int | None, interval_s: int | None) -> tuple[int, float]:
        """Return how many retries there are and the pause before each, in s, for what a request asks."""
        count = self.retries if retries is None else min(max(retries, 0), self.max_retries)
        if interval_s is None:
            return count, self.retry_interval_s
        return count, min(max(float(interval_s), self.min_retry_interval_s), self.max_retry_interval_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsSettings:
    """What goes into an archive of diagnostics, and where it lies until it is sent.

    Attributes:
        folder: where the archive is made; it is removed when it was sent or given up.
        log_files: files that are added as they are, the end of each.
        max_log_file_bytes: how much of the end of each.
        retry: of the upload.
    """

    folder: Path
    log_files: tuple[Path, ...] = ()
    max_log_file_bytes: int = 8 * _MIB
    retry: RetrySettings = RetrySettings()

    def __post_init__(self) -> None:
        _more_than_nothing("DiagnosticsSettings.max_log_file_bytes", self.max_log_file_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareSettings:
    """Where firmware lies until it is installed, and how it is checked.

    Attributes:
        folder: where downloads are kept, also over a restart.
        checksum_file: whether a file of the same address with `.sha256` appended must be there and fit, if the address
            itself has no `#sha256=…`.
        retry: of the download.
    """

    folder: Path
    checksum_file: bool = False
    retry: RetrySettings = RetrySettings()


def _more_than_nothing(name: str, value: float) -> None:
    # `not >` also catches NaN.
    if not value > 0 or not isfinite(value):
        raise ConfigurationError(f"{name} is {value}; it must be more than 0")

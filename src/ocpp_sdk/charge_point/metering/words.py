"""The configuration keys of metering, read where they are needed, so that a change counts at once."""

from __future__ import annotations

from ocpp_sdk.charge_point.configuration import SAMPLE_ON_TRANSACTION, ConfigurationTable
from ocpp_sdk.charge_point.configuration.measurands import is_counted, split_word
from ocpp_sdk.charge_point.hardware import ENERGY

__all__ = ["MeteringKeys"]


class MeteringKeys:
    """What is to be metered.

    Args:
        configuration: of the charge point. 1.2 has only MeterValueSampleInterval, and samples the energy.
    """

    def __init__(self, configuration: ConfigurationTable) -> None:
        self._configuration = configuration

    @property
    def only_in_transactions(self) -> bool:
        """Whether meters are sampled only while a transaction runs."""
        return self._configuration.boolean(SAMPLE_ON_TRANSACTION, default=True)

    @property
    def sampled(self) -> tuple[str, ...]:
        """What MeterValues says of samples."""
        return self._configuration.words("MeterValuesSampledData", (ENERGY,))

    @property
    def aligned(self) -> tuple[str, ...]:
        """What MeterValues says of slots."""
        return self._configuration.words("MeterValuesAlignedData")

    @property
    def stop_sampled(self) -> tuple[str, ...]:
        """What StopTransaction says of samples."""
        return self._configuration.words("StopTxnSampledData")

    @property
    def stop_aligned(self) -> tuple[str, ...]:
        """What StopTransaction says of slots."""
        return self._configuration.words("StopTxnAlignedData")

    @property
    def stop(self) -> tuple[str, ...]:
        """What StopTransaction says of begin and end: all that it says of samples or slots."""
        return tuple(dict.fromkeys((*self.stop_sampled, *self.stop_aligned)))

    def named(self, key: str) -> tuple[str, ...]:
        """Return the measurands of a key; the energy if there are none."""
        return self._configuration.words(key) or (ENERGY,)

    def sample_interval_s(self, *, in_transaction: bool) -> int:
        """Return the interval of samples, 0 if nobody wants them."""
        wanted = self.sampled or (in_transaction and self.stop_sampled)
        return self._configuration.integer("MeterValueSampleInterval") if wanted else 0

    def slot_interval_s(self, *, in_transaction: bool) -> int:
        """Return the interval of slots, 0 if nobody wants them."""
        wanted = self.aligned or (in_transaction and self.stop_aligned)
        return self._configuration.integer("ClockAlignedDataInterval") if wanted else 0

    def averages(self, *, in_transaction: bool) -> bool:
        """Tell whether a slot needs readings between its begin and its end."""
        words = (*self.aligned, *(self.stop_aligned if in_transaction else ()))
        return any(not is_counted(split_word(word)[0]) for word in words)

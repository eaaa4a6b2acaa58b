"""What metering knows of one transaction while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ocpp_sdk.charge_point.hardware import Transaction
from ocpp_sdk.charge_point.metering.accumulation import Accumulation
from ocpp_sdk.charge_point.metering.sampling import SampleTimes
from ocpp_sdk.charge_point.metering.transaction_data import TransactionData

__all__ = ["MeteredTransaction"]


@dataclass(slots=True, eq=False)
class MeteredTransaction:
    """One transaction.

    Attributes:
        transaction: the transaction.
        times: when it is sampled.
        data: what is collected for its StopTransaction.
        part: what was measured since it began, or since the last slot was over.
        since_sample: what was counted since the last sample.
    """

    transaction: Transaction
    times: SampleTimes
    data: TransactionData
    part: Accumulation = field(init=False)
    since_sample: Accumulation = field(init=False)

    def __post_init__(self) -> None:
        self.part = Accumulation(self.transaction.started_at)
        self.since_sample = Accumulation(self.transaction.started_at)

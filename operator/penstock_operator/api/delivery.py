"""`spec.delivery` and `spec.predictionLog`: what is promised about each record, and within which limits."""

from typing import Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Unset
from penstock_operator.api.rules import deployment as rules
from penstock_operator.api.text import Fraction, Topic


class Batch(ApiModel):
    max_records: int = Field(
        default=1, ge=1, le=10000, description="maxRecords is the most records in one request; 1 never batches."
    )
    max_delay_milliseconds: int = Field(
        default=5,
        ge=0,
        le=60000,
        description="maxDelayMilliseconds is how long a batch waits for more records; 0 takes what is there.",
    )


class Retry(ApiModel):
    max_attempts: int = Field(
        default=8, ge=1, le=1000, description="maxAttempts is how many failures give a record up."
    )
    max_elapsed_seconds: int = Field(
        default=300,
        ge=1,
        le=86400,
        description="maxElapsedSeconds is the time after which a failing record is given up, outages not counted.",
    )


class Delivery(ApiModel):
    rules = (rules.WINDOW_HOLDS_A_BATCH,)

    guarantee: Literal["AtLeastOnce", "ExactlyOnce"] = Field(
        default="AtLeastOnce",
        description="guarantee is AtLeastOnce, where a crash may repeat predictions, or ExactlyOnce, by transactions.",
    )
    ordering: Literal["Key", "Partition", "None"] = Field(
        default="Key", description="ordering is within what answers keep the order of the input."
    )
    concurrency: int = Field(
        default=64,
        ge=1,
        le=10000,
        description="concurrency is the most requests in flight per worker, which adapts below it.",
    )
    max_in_flight_records: Unset[int] = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="maxInFlightRecords is the most records taken and not committed per worker, and so the most that a "
        "crash repeats. Unset: 2000, or 4 × concurrency × batch.maxRecords where that is more.",
    )
    max_in_flight_bytes: int = Field(
        default=67_108_864,
        ge=1_048_576,
        le=68_719_476_736,
        description="maxInFlightBytes is the most bytes of records in flight per worker.",
    )
    batch: Batch = Field(default=Batch(), description="batch is how many records share a request.")
    timeout_seconds: int = Field(
        default=30, ge=1, le=3600, description="timeoutSeconds is how long a request may take."
    )
    drain_timeout_seconds: Unset[int] = Field(
        default=None,
        ge=1,
        le=7200,
        description="drainTimeoutSeconds is how long a stopping worker finishes what is in flight. Unset: "
        "timeoutSeconds + 10.",
    )
    retry: Retry = Field(default=Retry(), description="retry is when a failing record is given up.")
    output_value: Literal["Response", "Envelope"] = Field(
        default="Response",
        description="outputValue is what the output topic gets: Response, the answer as it is, or Envelope.",
    )
    error_value: Literal["Response", "Request", "Envelope"] = Field(
        default="Response",
        description="errorValue is what the error topic gets: Response, the answer as it is; Request, the input as it "
        "was, to be replayed; or Envelope.",
    )


class PredictionLog(ApiModel):
    topic: Topic = Field(description="topic gets an envelope for each prediction, beside the output.")
    sample_fraction: Fraction = Field(
        default="1.0", description="sampleFraction is the share of predictions logged, a decimal number in quotes."
    )

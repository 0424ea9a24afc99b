"""What the worker is told: two mounted JSON files, and the secret files that they name.

`kafka.json` is a revision of its own, since the pre-flight must pass it before a worker sees it; `worker.json` is
everything else. The operator writes both with only the keys that differ from the defaults below; a key that this
worker does not know is an error, since ignoring a setting is worse than refusing to start (`WorkerTooOld`).
"""

from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from penstock_worker.errors import SettingsRefused

SETTINGS_VERSION = 1

DEFAULT_CONFIG_DIR = Path("/etc/penstock")
DEFAULT_SECRETS_DIR = Path("/etc/penstock/secrets")

DEFAULT_WINDOW_RECORDS = 2000


class Settings(BaseModel):
    """Frozen, camelCase in the files, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )


class SecretKey(Settings):
    """One key of one Secret: the file `<secrets dir>/<secretName>/<key>`."""

    secret_name: str
    key: str


class Deployment(Settings):
    """The ModelDeployment that this worker belongs to."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Topics(Settings):
    input: str
    output: str
    error: str


class CreateTopics(Settings):
    """Topics that the pre-flight creates where missing; None means the input's partitions and the broker's factor."""

    partitions: int | None = None
    replication_factor: int | None = None
    config: dict[str, str] = {}
    include_input: bool = False  # the local run alone creates the input as well


class Tls(Settings):
    trust: Literal["System", "Secret"]
    ca: SecretKey | None = None
    certificate: SecretKey | None = None
    key: SecretKey | None = None
    key_password: SecretKey | None = None


class OAuth(Settings):
    token_endpoint_url: str
    client_id: SecretKey
    client_secret: SecretKey
    scopes: tuple[str, ...] = ()
    extensions: dict[str, str] = {}


class Sasl(Settings):
    mechanism: Literal["Plain", "ScramSha256", "ScramSha512", "OAuthBearer"]
    username: SecretKey | None = None
    password: SecretKey | None = None
    oauth: OAuth | None = None


class KafkaSettings(Settings):
    """`kafka.json`."""

    settings_version: int = SETTINGS_VERSION
    deployment: Deployment
    bootstrap_servers: tuple[str, ...]
    consumer_group: str
    topics: Topics
    create_topics: CreateTopics | None = None
    start_from: Literal["Latest", "Earliest"] = "Latest"
    tls: Tls | None = None
    sasl: Sasl | None = None
    consumer_config: dict[str, str | int | bool] = {}
    producer_config: dict[str, str | int | bool] = {}
    trying_only: bool = False  # the embedded broker: the pre-flight skips what such a broker cannot answer


class Model(Settings):
    """Where the model answers. `url` is scheme, host and port with the protocol's path, as the bridge calls it."""

    name: str
    version: str
    url: str = ""
    protocol: Literal["JSON", "TensorFlow", "Seldon", "OpenInference"] = "JSON"
    transport: Literal["REST", "GRPC"] = "REST"
    entrypoint: str = ""
    readiness_path: str = ""  # an HTTP path whose 2xx proves the model alive; empty where none is known
    external: bool = False  # the pre-flight checks reachability of what somebody else runs


class Batch(Settings):
    max_records: int = 1
    max_delay_milliseconds: int = 5  # 0: whatever is queued


class Retry(Settings):
    max_attempts: int = 8
    max_elapsed_seconds: int = 300  # counted only while the breaker is closed


class Delivery(Settings):
    guarantee: Literal["AtLeastOnce", "ExactlyOnce"] = "AtLeastOnce"
    ordering: Literal["Key", "Partition", "None"] = "Key"
    concurrency: int = 64
    max_in_flight_records: int | None = None
    max_in_flight_bytes: int = 67108864
    batch: Batch = Batch()
    timeout_seconds: int = 30
    drain_timeout_seconds: int | None = None
    retry: Retry = Retry()
    output_value: Literal["Response", "Envelope"] = "Response"
    error_value: Literal["Response", "Request", "Envelope"] = "Response"
    max_response_bytes: int | None = None  # default: the output topic's max.message.bytes

    @property
    def window_records(self) -> int:
        """The replay bound: what may be in flight, in records."""
        if self.max_in_flight_records is not None:
            return self.max_in_flight_records
        return max(DEFAULT_WINDOW_RECORDS, 4 * self.concurrency * self.batch.max_records)

    @property
    def drain_seconds(self) -> int:
        return self.timeout_seconds + 10 if self.drain_timeout_seconds is None else self.drain_timeout_seconds


class WorkerSettings(Settings):
    """`worker.json`."""

    settings_version: int = SETTINGS_VERSION
    deployment: Deployment
    model: Model
    delivery: Delivery = Delivery()
    log_level: Literal["Debug", "Info", "Warning", "Error"] = "Info"
    port: int = Field(default=8089, description="Port of /livez, /readyz, /status and /metrics; 0 picks a free one.")


File = TypeVar("File", bound=Settings)


def read_settings(kind: type[File], file: Path) -> File:
    """Parse one settings file.

    Raises `SettingsRefused` that names the file, the field and the rule.
    """
    try:
        return kind.model_validate_json(file.read_bytes())
    except OSError as error:
        raise SettingsRefused(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "(file)"
        raise SettingsRefused(
            f"{file}: {field}: {first['msg']}", unknown_key=first["type"] == "extra_forbidden"
        ) from error


class SettingsFiles(Settings):
    """Both files of one worker, read together."""

    kafka: KafkaSettings
    worker: WorkerSettings

    @classmethod
    def read(cls, config_dir: Path) -> Self:
        return cls(
            kafka=read_settings(KafkaSettings, config_dir / "kafka.json"),
            worker=read_settings(WorkerSettings, config_dir / "worker.json"),
        )

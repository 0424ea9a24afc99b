"""Client dictionaries for what the command itself reads and writes, made by the worker's code from the same settings.

So whatever the file says about TLS, SASL and tuning holds here too, and a login that works for the worker works here.
The consumer has the group's name for its authorisations; it is assigned by hand, and neither joins nor commits.
"""

from penstock.private_folder import PrivateFolder
from penstock_worker.client_config import Config, consumer_config, producer_config
from penstock_worker.secrets import read_secrets
from penstock_worker.settings import KafkaSettings, read_settings

CLIENT = "local-run"  # the last part of client.id, where a worker has its pod's name
MAX_RECORD_BYTES = 64 * 1024 * 1024  # the input topic's limit is the broker's to enforce
BATCH_BYTES = 64 * 1024  # a broker refuses a batch above its topic's limit as a whole
QUIET: Config = {"log_level": 0}  # the client writes to stderr by itself; what matters reaches us as errors


class KafkaClients:
    """Made once the settings are written and the secrets are in place."""

    def __init__(self, folder: PrivateFolder) -> None:
        """Raises the worker's `Refused` for settings or secrets that it would refuse as well."""
        self.settings = read_settings(KafkaSettings, folder.config_dir / "kafka.json")
        self._secrets = read_secrets(self.settings, folder.secrets_dir)

    def consumer(self) -> Config:
        return consumer_config(self.settings, self._secrets, CLIENT) | QUIET

    def producer(self) -> Config:
        limits = {"message_max_bytes": MAX_RECORD_BYTES, "batch_max_bytes": BATCH_BYTES}
        return producer_config(self.settings, self._secrets, CLIENT, **limits) | QUIET

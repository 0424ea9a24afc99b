"""The pre-flight run in this process: settings in, exit code and result out."""

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock_worker.prepare.run import Mode, prepare
from penstock_worker.settings import SettingsFiles

NO_SECRETS = Path("/nonexistent")
DEPLOYMENT = {"namespace": "payments", "name": "fraud"}
CLIENT_ID_OF_OURS = "penstock/payments/fraud/fraud-7d9c-x2x"


@dataclass(frozen=True, slots=True)
class Outcome:
    exit_code: int
    result: dict[str, Any]

    @property
    def reason(self) -> str:
        return str(self.result["reason"])

    @property
    def message(self) -> str:
        return str(self.result["message"])


def settings_files(
    servers: tuple[str, ...] | list[str], *, model: dict[str, Any] | None = None, **kafka: Any
) -> SettingsFiles:
    """`kafka`: keys of kafka.json; topics and group have names that suit a cluster of one's own."""
    return SettingsFiles.model_validate(
        {
            "kafka": {
                "deployment": DEPLOYMENT,
                "bootstrapServers": list(servers),
                "consumerGroup": "model.payments.fraud",
                "topics": {"input": "in", "output": "out", "error": "out.errors"},
                **kafka,
            },
            "worker": {"deployment": DEPLOYMENT, "model": {"name": "fraud", "version": "1", **(model or {})}},
        }
    )


def preflight(
    files: SettingsFiles,
    mode: Mode = "apply",
    *,
    secrets_dir: Path = NO_SECRETS,
    subscribed_at: datetime | None = None,
) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        result_file = Path(folder, "result.json")
        exit_code = prepare(files, secrets_dir, mode, result_file, subscribed_at=subscribed_at)
        return Outcome(exit_code, json.loads(result_file.read_text()))

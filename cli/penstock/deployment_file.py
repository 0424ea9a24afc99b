"""The user's file: read with a bound, checked by the rules of the cluster, reduced to what one run needs."""

from dataclasses import dataclass
from pathlib import Path

from penstock.failures import WRONG_USE, Failed
from penstock.private_folder import SecretFiles
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.files.documents import DocumentsRefused, read_documents
from penstock_operator.files.secret_document import Secret
from penstock_operator.files.yaml_text import MAX_BYTES

DEFAULT_NAMESPACE = "default"  # as kubectl's


@dataclass(frozen=True, slots=True)
class DeploymentFile:
    """One ModelDeployment and the Secrets of its namespace; `ignored` names what else the file holds."""

    deployment: ModelDeployment
    secrets: SecretFiles
    ignored: tuple[str, ...]

    @property
    def namespace(self) -> str:
        return self.deployment.metadata.namespace or DEFAULT_NAMESPACE


def read_deployment_file(file: Path) -> DeploymentFile:
    """Raises `Failed` that names file, field and rule."""
    try:
        documents = read_documents(_read_text(file), file=str(file))
    except DocumentsRefused as refused:
        raise Failed(WRONG_USE, str(refused)) from refused
    names = ", ".join(deployment.metadata.name for deployment in documents.model_deployments)
    if len(documents.model_deployments) != 1:
        raise Failed(WRONG_USE, f"{file}: holds {names or 'no ModelDeployment'}; give exactly one ModelDeployment")
    (deployment,) = documents.model_deployments
    namespace = deployment.metadata.namespace or DEFAULT_NAMESPACE
    return DeploymentFile(deployment, _secrets_of(documents.secrets, namespace), documents.ignored)


def _secrets_of(secrets: tuple[Secret, ...], namespace: str) -> SecretFiles:
    return {secret.name: secret.values for secret in secrets if (secret.namespace or DEFAULT_NAMESPACE) == namespace}


def _read_text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            contents = stream.read(MAX_BYTES + 1)  # bounded: a device or a pipe has no end
        return contents.decode("utf-8-sig")
    except OSError as error:
        raise Failed(WRONG_USE, f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failed(WRONG_USE, f"{file}: is not text (byte {error.start} is not UTF-8); name a YAML file") from error

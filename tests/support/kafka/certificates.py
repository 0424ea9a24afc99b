"""Certificates of a test cluster, in memory first, then as `<folder>/<secret>/<key>`: a `--secrets-dir` as it is.

| secret | what it holds |
|---|---|
| `kafka-ca` | `ca.crt`, who signed the brokers |
| `user` | `user.crt`, `user.key` in unencrypted PKCS#8 |
| `user-encrypted` | the same with `user.key` in encrypted PKCS#8, and `key.password` |
| `user-traditional` | the same with `user.key` in OpenSSL's traditional encrypted form, and `key.password` |
| `stranger` | `user.crt`, `user.key` signed by nobody the brokers know |
| `wrong-ca` | `ca.crt` of that nobody |
"""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

CLIENT_NAME = "fraud-user"
CLIENT_PRINCIPAL = f"User:CN={CLIENT_NAME},OU=tests,O=penstock"
KEY_PASSWORD = b"open sesame"


def write_certificates(secrets: Path, broker: Path, host: str = "127.0.0.1") -> None:
    """The clients' side into `secrets`, the side of the brokers at `host` into `broker`."""
    ca, wrong_ca = trustme.CA(), trustme.CA()
    _write_broker(broker, ca, host)
    _write(secrets / "kafka-ca", {"ca.crt": ca.cert_pem.bytes()})
    _write(secrets / "wrong-ca", {"ca.crt": wrong_ca.cert_pem.bytes()})
    _write_clients(secrets, _client(ca))
    stranger = _client(wrong_ca)
    _write(secrets / "stranger", {"user.crt": _chain(stranger), "user.key": _pkcs8(stranger, NoEncryption())})


def _write_broker(folder: Path, ca: trustme.CA, host: str) -> None:
    leaf = ca.issue_cert("localhost", host, common_name="broker")
    keystore = _pkcs8(leaf, NoEncryption()) + _chain(leaf)
    _write(folder, {"keystore.pem": keystore, "ca.crt": ca.cert_pem.bytes()})


def _write_clients(secrets: Path, leaf: trustme.LeafCert) -> None:
    secret = BestAvailableEncryption(KEY_PASSWORD)
    certificate = {"user.crt": _chain(leaf)}
    password = {"key.password": KEY_PASSWORD}
    _write(secrets / "user", certificate | {"user.key": _pkcs8(leaf, NoEncryption())})
    _write(secrets / "user-encrypted", certificate | password | {"user.key": _pkcs8(leaf, secret)})
    traditional = _private_key(leaf, PrivateFormat.TraditionalOpenSSL, secret)
    _write(secrets / "user-traditional", certificate | password | {"user.key": traditional})


def _client(ca: trustme.CA) -> trustme.LeafCert:
    return ca.issue_cert(
        f"{CLIENT_NAME}.test", common_name=CLIENT_NAME, organization_name="penstock", organization_unit_name="tests"
    )


def _chain(leaf: trustme.LeafCert) -> bytes:
    return b"".join(blob.bytes() for blob in leaf.cert_chain_pems)


def _pkcs8(leaf: trustme.LeafCert, encryption: KeySerializationEncryption) -> bytes:
    return _private_key(leaf, PrivateFormat.PKCS8, encryption)


def _private_key(leaf: trustme.LeafCert, form: PrivateFormat, encryption: KeySerializationEncryption) -> bytes:
    key = load_pem_private_key(leaf.private_key_pem.bytes(), password=None)
    return key.private_bytes(Encoding.PEM, form, encryption)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)

"""Whether worker and KEDA can both read the client's private key. Pure; the pre-flight asks before any client is made.

librdkafka reads more formats than KEDA's TLS code: with a password, that one takes PKCS#8 encrypted by PKCS#5 v2.0
alone, and a key that is not PEM crashes its operator for everybody. So the stricter of the two decides here.
"""

import base64
import binascii
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

KEY_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
PBES2 = bytes.fromhex("06092a864886f70d01050d")  # DER of the OID 1.2.840.113549.1.5.13, PKCS#5 v2.0
PKCS12_VERSION = b"\x02\x01\x03"  # a PFX begins with version 3, a PKCS#8 key with version 0


def check_key(pem: bytes, password: str | None, *, where: str, file: str) -> None:
    """`where` names the Secret and key for people, `file` stands in the command that mends it.

    Raises `Refused` (`KeyFormatUnsupported`). Never shows the key or the password.
    """
    block = KEY_BLOCK.search(pem)
    if block is None:
        raise _refused(where, *_not_a_pem_key(pem, file))
    label, body = block.groups()
    encrypted = label == b"ENCRYPTED PRIVATE KEY" or b"Proc-Type: 4,ENCRYPTED" in body
    if encrypted and password is None:
        decrypt = _mend(f"openssl pkey -in {file} -out {file}.plain")
        raise _refused(where, "is encrypted, but tls.keyPassword is not set", f"set it, or {decrypt}")
    if password is not None and not encrypted:
        remedy = f"leave that out, or {_encrypt(file)}"
        raise _refused(where, "is not encrypted, but tls.keyPassword is set", remedy)
    if encrypted and label != b"ENCRYPTED PRIVATE KEY":
        what = "is encrypted in OpenSSL's traditional format, which KEDA cannot read"
        raise _refused(where, what, _encrypt(file))
    if encrypted and PBES2 not in _der(body):
        what = "is encrypted by a scheme older than PKCS#5 v2.0, which KEDA cannot read"
        raise _refused(where, what, _encrypt(file))
    _load(pem, password, where, file)


def _load(pem: bytes, password: str | None, where: str, file: str) -> None:
    """The block looks right; this proves that it is a key and that the password opens it."""
    try:
        load_pem_private_key(pem, None if password is None else password.encode())
    except UnsupportedAlgorithm as error:
        raise _refused(where, "uses an algorithm that is not supported", _encrypt(file)) from error
    except (ValueError, TypeError) as error:
        cause = "is damaged" if password is None else "is damaged, or tls.keyPassword does not open it"
        raise _refused(where, cause, f"check it with `openssl pkey -in {file} -noout`") from error


def _not_a_pem_key(content: bytes, file: str) -> tuple[str, str]:
    if b"-----BEGIN CERTIFICATE-----" in content:
        return "holds a certificate and no private key", "store the key that belongs to the certificate"
    if content[:1] == b"\x30" and PKCS12_VERSION in content[:8]:
        return "is a PKCS#12 store, not a PEM key", _mend(f"openssl pkcs12 -in {file} -nocerts -noenc -out {file}.pem")
    return "is not a PEM key", _mend(f"openssl pkey -inform DER -in {file} -out {file}.pem")


def _encrypt(file: str) -> str:
    return _mend(f"openssl pkcs8 -topk8 -v2 aes-256-cbc -in {file} -out {file}.pkcs8")


def _mend(command: str) -> str:
    return f"mend it with `{command}`"


def _der(body: bytes) -> bytes:
    try:
        return base64.b64decode(body)
    except binascii.Error:
        return b""


def _refused(where: str, what: str, remedy: str) -> Refused:
    return Refused(Reason.KEY_FORMAT_UNSUPPORTED, f"{where}: {what}; {remedy}")

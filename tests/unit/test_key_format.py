"""Which private keys pass, and that each refusal carries a command that makes a key that passes."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.errors import Refused
from penstock_worker.key_format import check_key
from penstock_worker.reasons import Reason

OPENSSL = shutil.which("openssl") or "openssl"
PASSWORD = "opensesame"
ENCRYPT = f"-passout pass:{PASSWORD}"
DECRYPT = f"-passin pass:{PASSWORD}"


def openssl(directory: Path, line: str) -> None:
    subprocess.run([OPENSSL, *shlex.split(line)], cwd=directory, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    for line in [
        "genrsa -out pkcs8 2048",
        "rsa -in pkcs8 -traditional -out traditional",
        f"rsa -in pkcs8 -traditional -aes256 {ENCRYPT} -out traditional-encrypted",
        f"pkcs8 -topk8 -v2 aes-256-cbc -in pkcs8 {ENCRYPT} -out pkcs8-encrypted",
        f"pkcs8 -topk8 -v1 PBE-SHA1-3DES -in pkcs8 {ENCRYPT} -out pkcs8-encrypted-v1",
        "ecparam -name prime256v1 -genkey -out ec",
        "genpkey -algorithm ed25519 -out ed25519",
        "pkey -in pkcs8 -outform DER -out der",
        "req -x509 -key pkcs8 -subj /CN=fraud -out certificate",
        "pkcs12 -export -inkey pkcs8 -in certificate -passout pass: -out pkcs12",
    ]:
        openssl(directory, line)
    key = (directory / "pkcs8").read_bytes()
    (directory / "crlf").write_bytes(key.replace(b"\n", b"\r\n"))
    (directory / "bag-attributes").write_bytes(b"Bag Attributes\n    friendlyName: fraud\n" + key)
    (directory / "bundle").write_bytes((directory / "certificate").read_bytes() + key)
    (directory / "damaged").write_bytes(key[:60] + b"AAAA" + key[64:])
    (directory / "damaged-encrypted").write_bytes((directory / "pkcs8-encrypted").read_bytes()[:-300] + b"\n")
    return directory


def check(keys: Path, name: str, password: str | None) -> None:
    check_key((keys / name).read_bytes(), password, where=f"Secret user, key {name}", file=name)


@pytest.mark.parametrize("name", ["pkcs8", "traditional", "ec", "ed25519", "crlf", "bag-attributes", "bundle"])
def test_a_pem_key_without_password_passes(keys: Path, name: str) -> None:
    check(keys, name, None)


def test_encrypted_pkcs8_passes_with_its_password(keys: Path) -> None:
    check(keys, "pkcs8-encrypted", PASSWORD)


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [
        ("pkcs8", PASSWORD, "is not encrypted, but tls.keyPassword is set"),
        ("traditional", PASSWORD, "is not encrypted, but tls.keyPassword is set"),
        ("traditional-encrypted", PASSWORD, "OpenSSL's traditional format"),
        ("traditional-encrypted", None, "tls.keyPassword is not set"),
        ("pkcs8-encrypted", None, "tls.keyPassword is not set"),
        ("pkcs8-encrypted", "wrong", "tls.keyPassword does not open it"),
        ("pkcs8-encrypted-v1", PASSWORD, "older than PKCS#5 v2.0"),
        ("der", None, "is not a PEM key"),
        ("der", PASSWORD, "is not a PEM key"),
        ("pkcs12", None, "PKCS#12 store"),
        ("certificate", None, "holds a certificate and no private key"),
        ("damaged", None, "is damaged"),
        ("damaged-encrypted", PASSWORD, "is not a PEM key"),
    ],
)
def test_what_worker_or_keda_cannot_read_is_refused(keys: Path, name: str, password: str | None, says: str) -> None:
    with pytest.raises(Refused) as refused:
        check(keys, name, password)
    assert refused.value.reason is Reason.KEY_FORMAT_UNSUPPORTED
    assert str(refused.value).startswith(f"Secret user, key {name}: ")
    assert says in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "password", "ask", "mended", "mended_password"),
    [
        ("pkcs8", PASSWORD, ENCRYPT, "pkcs8.pkcs8", PASSWORD),
        (
            "traditional-encrypted",
            PASSWORD,
            f"-passin pass:{PASSWORD} {ENCRYPT}",
            "traditional-encrypted.pkcs8",
            PASSWORD,
        ),
        ("pkcs8-encrypted-v1", PASSWORD, f"-passin pass:{PASSWORD} {ENCRYPT}", "pkcs8-encrypted-v1.pkcs8", PASSWORD),
        ("pkcs8-encrypted", None, f"-passin pass:{PASSWORD}", "pkcs8-encrypted.plain", None),
        ("der", None, "", "der.pem", None),
        ("pkcs12", None, "-passin pass:", "pkcs12.pem", None),
    ],
)
def test_the_advised_command_makes_a_key_that_passes(
    keys: Path, *, name: str, password: str | None, ask: str, mended: str, mended_password: str | None
) -> None:
    """The command is taken from the message and run; `ask` stands for what openssl would ask at the terminal."""
    with pytest.raises(Refused) as refused:
        check(keys, name, password)
    command = str(refused.value).split("`")[1].removeprefix("openssl ")
    openssl(keys, f"{command} {ask}")
    check(keys, mended, mended_password)


@given(content=st.binary(max_size=200), password=st.one_of(st.none(), st.text(max_size=10)))
def test_no_content_causes_anything_but_a_refusal(content: bytes, password: str | None) -> None:
    for wrapped in (content, b"-----BEGIN PRIVATE KEY-----\n%b\n-----END PRIVATE KEY-----\n" % content):
        with pytest.raises(Refused):
            check_key(wrapped, password, where="Secret s, key k", file="k")

"""The user's files: the deployment, its secrets, the private folder, the input."""

import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from penstock.deployment_file import read_deployment_file
from penstock.failures import Failed
from penstock.input_source import InputSource
from penstock.private_folder import private_folder, write_settings
from support.penstock_command import deployment, write_yaml


def secret(name: str, namespace: str | None = None, **keys: str) -> dict[str, object]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": keys}


def refused(file: Path) -> str:
    with pytest.raises(Failed) as failure:
        read_deployment_file(file)
    assert failure.value.exit_code == 2
    assert str(file) in str(failure.value)
    return str(failure.value)


def test_a_deployment_is_read_with_the_secrets_of_its_namespace(tmp_path: Path) -> None:
    file = write_yaml(tmp_path / "f.yaml", deployment(), secret("user", key="a"), secret("other", "elsewhere", key="b"))
    found = read_deployment_file(file)
    assert found.deployment.metadata.name == "digits"
    assert found.namespace == "default"
    assert found.secrets == {"user": {"key": b"a"}}


def test_a_wrong_field_is_named_with_its_rule(tmp_path: Path) -> None:
    document = deployment()
    document["spec"]["delivery"] = {"concurrency": "many"}
    assert "spec.delivery.concurrency: must be a whole number" in refused(write_yaml(tmp_path / "f.yaml", document))


def test_a_missing_file_a_folder_and_a_binary_file_are_named(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.yaml")
    assert "Is a directory" in refused(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"\x80\x00\xff" * 100)
    assert "is not text" in refused(tmp_path / "model.bin")


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    refused(Path("/dev/zero"))


def test_a_file_holds_exactly_one_deployment(tmp_path: Path) -> None:
    assert "no ModelDeployment" in refused(write_yaml(tmp_path / "a.yaml", secret("user", key="a")))
    assert "holds one, two" in refused(write_yaml(tmp_path / "b.yaml", deployment("one"), deployment("two")))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_settings_and_secrets_are_for_this_user_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with private_folder({"user": {"key": b"secret"}}, None) as folder:
        write_settings(folder, {"a": 1}, {"b": 2})
        assert mode(folder.config_dir.parent) == mode(folder.secrets_dir) == mode(folder.secrets_dir / "user") == 0o700
        assert mode(folder.config_dir / "kafka.json") == mode(folder.secrets_dir / "user" / "key") == 0o600
        assert (folder.secrets_dir / "user" / "key").read_bytes() == b"secret"
    assert not folder.config_dir.parent.exists()


def test_the_secrets_dir_wins_and_a_file_rotated_there_is_seen(tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "key").write_text("old")
    with private_folder({"user": {"key": b"from the file"}, "more": {"key": b"x"}}, tmp_path) as folder:
        (tmp_path / "user" / "key").write_text("new")
        assert (folder.secrets_dir / "user" / "key").read_text() == "new"
        assert (folder.secrets_dir / "more" / "key").read_text() == "x"
    assert (tmp_path / "user" / "key").exists()


@pytest.mark.parametrize("key", ["../../escaped", "..", ".", ""])
def test_a_secret_key_leads_nowhere_else(key: str, tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(Failed, match="is no key"):
        stack.enter_context(private_folder({"user": {key: b"x"}}, None))


def test_input_is_read_in_order_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.input_source.CHUNK_BYTES", 5)
    (tmp_path / "lines").write_bytes(b"a\t1\nb\t22222222\nc\t3")
    with InputSource(str(tmp_path / "lines")) as source:
        found = []
        while not source.ended:
            record = source.peek()
            assert record is source.peek()
            if record is not None:
                found.append((record.key, record.value))
                source.drop()
    assert found == [(b"a", b"1"), (b"b", b"22222222"), (b"c", b"3")]


def test_an_empty_input_has_ended(tmp_path: Path) -> None:
    (tmp_path / "lines").touch()
    with InputSource(str(tmp_path / "lines")) as source:
        assert source.peek() is None
        assert source.ended


def test_an_input_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"--input .*: No such file"):
        InputSource(str(tmp_path / "none"))
    with pytest.raises(Failed, match=r"--input .*: is a directory"):
        InputSource(str(tmp_path))

"""The version in an image reference: of whatever form is allowed, always one that a record header can carry."""

from hypothesis import given
from hypothesis import strategies as st

from penstock_operator import defaults
from penstock_operator.api.model import Model

hosts = st.sampled_from(["", "registry.example/", "registry.example:5000/", "localhost:80/team/"])
tags = st.just("") | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
digests = st.just("") | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)


@given(host=hosts, name=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True), tag=tags, digest=digests)
def test_the_version_is_the_tag_else_the_digest_else_latest(host: str, name: str, tag: str, digest: str) -> None:
    image = host + name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    version = defaults.model_version(Model.model_validate({"image": image}))

    assert version == (tag or digest.removeprefix("sha256:")[:12] or "latest")
    Model.model_validate({"image": image, "version": version})

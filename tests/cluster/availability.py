"""What pytest does with a cluster that cannot be had here: fail in CI, elsewhere skip and say so at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster.errors import ClusterUnavailableError

unavailable: list[str] = []
"""Why tests were skipped, for the end of the run."""


@contextmanager
def required() -> Iterator[None]:
    """Around what needs the cluster's programs or the cluster."""
    try:
        yield
    except ClusterUnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the test cluster is not available: {error}", pytrace=False)
        if str(error) not in unavailable:
            unavailable.append(str(error))
        pytest.skip("the test cluster is not available, see the end of the run")

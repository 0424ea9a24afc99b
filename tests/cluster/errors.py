"""What may be wrong with the machine, as opposed to what may be wrong with Penstock."""


class ClusterUnavailableError(Exception):
    """The cluster cannot be built or started here; the text says why and what to do."""

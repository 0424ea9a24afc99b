"""Numbers from Prometheus' text format. Pure."""


def total(exposition: str, name: str) -> float:
    """The sum over all labels; 0 where nothing was counted yet."""
    samples = (line for line in exposition.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
    return sum(float(line.rpartition(" ")[2]) for line in samples)

"""A network namespace that holds the whole cluster, and a virtual cable between it and this machine.

The commands are pure values; `set_up` and `remove` run them.
"""

from pathlib import Path

from cluster import addresses, commands

_INSIDE = ("ip", "-n", addresses.NAMESPACE)
_CALL_SECONDS = 20


def set_up_commands() -> list[list[str]]:
    """The cable lets plain clients on this machine reach API server, brokers, pods and services."""
    inside = list(_INSIDE)
    bridge, node = addresses.NODE_BRIDGE, addresses.NODE
    cable, plug = addresses.CABLE_OUTSIDE, addresses.CABLE_INSIDE
    return [
        ["ip", "netns", "add", addresses.NAMESPACE],
        [*inside, "link", "set", "lo", "up"],
        [*inside, "link", "add", bridge, "type", "bridge"],
        [*inside, "address", "add", f"{node}/{addresses.NODE_PREFIX_BITS}", "dev", bridge],
        [*inside, "link", "set", bridge, "up"],
        # Leads nowhere. Without it a process of the node gets no route for a service's address, and the route is looked
        # up before kube-proxy's translation.
        [*inside, "route", "add", "default", "via", node, "dev", bridge],
        [*addresses.ENTER, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"],
        ["ip", "link", "add", cable, "type", "veth", "peer", "name", plug, "netns", addresses.NAMESPACE],
        [*inside, "link", "set", plug, "master", bridge, "up"],
        ["ip", "address", "add", f"{addresses.OUTSIDE}/{addresses.NODE_PREFIX_BITS}", "dev", cable],
        ["ip", "link", "set", cable, "up"],
        *(["ip", "route", "add", range_, "via", node] for range_ in (addresses.PODS, addresses.SERVICES)),
    ]


def set_up() -> None:
    for command in set_up_commands():
        commands.run(command, timeout_seconds=_CALL_SECONDS)


def remove() -> None:
    """Whatever is there of it, the namespaces of pods included. Routes end with the cable."""
    if Path("/sys/class/net", addresses.CABLE_OUTSIDE).exists():
        commands.run(["ip", "link", "delete", addresses.CABLE_OUTSIDE], timeout_seconds=_CALL_SECONDS)
    if Path("/run/netns", addresses.NAMESPACE).exists():
        commands.run(["ip", "netns", "delete", addresses.NAMESPACE], timeout_seconds=_CALL_SECONDS)

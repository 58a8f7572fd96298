"""The pods in which a driver's controller runs, as far as their names tell: nothing in the API ties the two together."""

import re

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.text import listing
from robusta_volumes._model.volume import Pod

_PARTS = re.compile(r"[^a-z0-9]+")
_COMMON = {
    "",
    "com",
    "io",
    "org",
    "net",
    "dev",
    "cloud",
    "k8s",
    "kubernetes",
    "csi",
    "storage",
    "driver",
    "sigs",
    "plugin",
}


def controllers(driver: str, see: Inventory) -> tuple[Pod, ...]:
    """List the pods that look like a driver's controller; those of its DaemonSet serve single nodes."""
    words = set(_PARTS.split(driver.lower())) - _COMMON
    found = [p for p in see.driver_pods if any(w in f"{p.meta.namespace}/{p.meta.name}".lower() for w in words)]
    named = [p for p in found if "controller" in p.meta.name or "provisioner" in p.meta.name]
    return tuple(named or found)


def controller_state(driver: str, see: Inventory) -> str:
    """Say which pods look like a driver's controller and how they are; "" when none does, or none was seen."""
    pods = controllers(driver, see)
    if not pods:
        return ""
    states = [
        f"{p.meta.title} ({p.phase if p.phase != 'Running' else 'ready' if p.ready else 'not ready'})" for p in pods
    ]
    return f" By its name, its controller is {listing(states, 3)}."

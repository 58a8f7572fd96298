"""How busy an existing claim is before it is tried: what metrics say of it, where they say anything."""

from collections.abc import Callable

from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._analysis.io_limits import limits_of
from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._analysis.io_places import scope_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.io import IoLimits, VolumeIo
from robusta_volumes._model.io_scope import IoScope, window
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.usage import Key

AskIo = Callable[[IoScope, IoWindow], IoMeasured]
_KINDS = (k.CLAIM, k.VOLUME, k.STORAGE_CLASS, k.ATTRIBUTES_CLASS, k.ATTACHMENT, k.NODE, k.POD)
_HOURS = 2  # what counts is how it is now


def busy(
    cluster: Cluster, key: Key, settings: VolumePerformanceAnalysis, ask: AskIo | None
) -> tuple[VolumeIo, ...] | None:
    """Tell what a claim does now, one answer per node; None where nobody knows."""
    if ask is None or not settings.include_io_metrics:
        return None
    try:
        see = gather(cluster, namespace=key[0], kinds=_KINDS)
        measured = ask(scope_of(see, [key]), window(see.now, _HOURS))
    except ClusterError:
        return None  # the pod asks its node, too
    found = mapped(see, measured, [key])
    ios = volume_ios(see, measured, found, limits_of(see, settings, [key], found), settings.limits)
    known = tuple(io for io in ios.get(key, ()) if io.known)
    return known or None


def declared(cluster: Cluster, key: Key, node: str, settings: VolumePerformanceAnalysis) -> IoLimits | None:
    """Ask what a volume may do, while it is there; None: that cannot be read."""
    try:
        see = gather(cluster, namespace=key[0], kinds=_KINDS)
    except ClusterError:
        return None
    found = limits_of(see, settings, [key]).get(key, {})
    return found.get(node) or next(iter(found.values()), None)

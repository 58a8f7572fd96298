"""Pods by the claims that they mount, and in which container of which pod a command about a claim can run. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.text import code, listing, plain

_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class PodMounts:
    """What a pod mounts: claim -> containers. ``running`` are the containers that run now."""

    name: str
    namespace: str
    phase: str
    ready: bool
    deleted: bool
    containers: tuple[str, ...]
    running: frozenset[str]
    mounts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """Where a command can run. Without ``where``: nobody uses the claim, or ``why`` it cannot, and what ``todo``."""

    where: Container | None = None
    why: str = ""
    todo: str = ""


def place_of(claim: str, pods: Iterable[PodMounts], container: str = "") -> Place:
    """Choose the container: of the pods that mount the claim a running one, ready ones first, by name.

    A claim that no pod uses holds still by itself: there is nothing to be told.
    """
    using = [p for p in pods if claim in p.mounts and p.phase not in _OVER and not p.deleted]
    using.sort(key=lambda p: (p.phase != "Running", not p.ready, p.name))
    if not using:
        return Place()
    pod = using[0]
    title = f"{plain(pod.namespace)}/{plain(pod.name)}"
    if pod.phase != "Running":
        return Place(why=f"pod {title} mounts it and is {plain(pod.phase)}, not Running", todo="look at that pod")
    if container and container not in pod.containers:
        has = listing([plain(name) for name in pod.containers])
        return Place(why=f"pod {title} has no container {plain(container)}", todo=f"set `container` to one of: {has}")
    wanted = (container,) if container else pod.mounts[claim]
    if not wanted:
        return Place(why=f"no container of pod {title} mounts it", todo="name one as `container`")
    fit = [name for name in wanted if name in pod.running]
    if not fit:
        why = f"container {code(wanted[0])} of pod {title} does not run"
        return Place(why=why, todo=f"kubectl -n {pod.namespace} get pod {pod.name}")
    return Place(Container(pod.namespace, pod.name, fit[0]))

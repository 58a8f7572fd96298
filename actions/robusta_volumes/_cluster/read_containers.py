"""The containers of a pod that mount a claim, and how they fare. Pure."""

from collections.abc import Iterator, Mapping
from sys import intern
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._model.disk_words import signs_in
from robusta_volumes._model.pod_container import PodContainer
from robusta_volumes._model.times import parse_time

_KEPT = "claimContainers"  # in the status of a slim pod, which has no containers any more


def slim_containers(spec: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a pod's containers what `containers` reads, as a part of its status; nothing for most pods."""
    found = list(_facts(spec, status))
    return {_KEPT: found} if found else {}


def containers(spec: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[PodContainer, ...]:
    """Read the containers that mount a claim, of a whole pod or of a slim one."""
    return tuple(_read(one) for one in (blocks(status, _KEPT) or _facts(spec, status)))


def _facts(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    volumes = {v.get("name") for v in blocks(spec, "volumes") if v.get("persistentVolumeClaim") or v.get("ephemeral")}
    if not volumes:
        return
    states = {
        s.get("name"): s
        for part in ("initContainerStatuses", "containerStatuses")
        for s in blocks(status, part)
        if isinstance(s.get("name"), str)
    }
    for part in ("initContainers", "containers"):
        for one in blocks(spec, part):
            if any(m.get("name") in volumes and m.get("readOnly") is not True for m in blocks(one, "volumeMounts")):
                yield _fact(one, states.get(str(one.get("name")), {}))


def _fact(container: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    ended = block(state, "state", "terminated") or block(state, "lastState", "terminated")
    message = ended.get("message")
    facts = {
        "name": container.get("name"),
        "restarts": state.get("restartCount"),
        "finishedAt": ended.get("finishedAt"),
        "exitCode": ended.get("exitCode"),
        "reason": ended.get("reason"),
        "left": signs_in(message) if isinstance(message, str) else (),
        "locked": at(container, "securityContext", "readOnlyRootFilesystem") is True,
    }
    return {key: value for key, value in facts.items() if value not in (None, (), False)}


def _read(facts: Mapping[str, Any]) -> PodContainer:
    restarts, code = facts.get("restarts"), facts.get("exitCode")
    return PodContainer(
        name=intern(str(facts.get("name") or "")),
        restarts=restarts if isinstance(restarts, int) else 0,
        ended=parse_time(facts.get("finishedAt")),
        code=code if isinstance(code, int) else None,
        reason=str(facts.get("reason") or ""),
        left=tuple(facts.get("left", ())),
        locked=facts.get("locked") is True,
    )

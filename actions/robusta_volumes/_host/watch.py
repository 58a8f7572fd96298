"""Runs that nobody asked for: events and ticks, of which only what changed becomes a finding."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.notices import error_page
from robusta_volumes._report.page import Page, Subject


@dataclass(frozen=True)
class Watch:
    """How a workflow keeps quiet. ``events`` looks at what many events were about, ``sweep`` at the whole cluster."""

    events: Callable[[Cluster, Sequence[Target], Any, State], tuple[Page, ...]]
    sweep: Callable[[Cluster, Any, State], tuple[Page, ...]]

    def takes(self, target: Target) -> bool:
        """Tell whether a run is for it; a person and an alert get their report whatever was said before."""
        whole = target.kind == "Cluster" and not target.selector
        return target.trigger == Trigger.EVENT or (target.trigger == Trigger.SCHEDULE and whole)

    def pages(self, targets: Sequence[Target], settings: Any, state: State) -> tuple[Page, ...]:
        """Get what is worth a message; an error of the cluster is a page, too."""
        cluster, first = state.cluster, targets[0]
        try:
            if first.trigger == Trigger.SCHEDULE:
                return self.sweep(cluster, settings, state)
            return self.events(cluster, distinct(targets), settings, state)
        except ClusterError as error:
            subject = Subject(first.kind, first.name or cluster.name or "cluster", first.namespace)
            return (error_page(error, f"Looking at {first.title}", subject),)


def distinct(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Keep each object once: as the last event gave it, and of events that gave none as an earlier one did."""
    found: dict[tuple[str, str, str], Target] = {}
    for target in targets:
        key = target.kind, target.namespace, target.name
        if target.given or key not in found:
            found[key] = target
    return tuple(found.values())

"""What of metrics a report on data asks for: the claims that can be measured, and by the hour those that fill first."""

from collections.abc import Callable, Collection, Sequence
from math import inf, isnan

from robusta_volumes._cluster.metrics import Metrics
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.usage import Key, Measured
from robusta_volumes._workflows.measure import Asked, measure_or

Ask = Callable[[Inventory, Collection[Key]], Measured]  # (whose claims to measure, the claims that are reported on)
_WEEK = 7  # days
_DRAWN = 20  # claims whose size by the hour is asked for: one is drawn, and which one is not known yet


def asking(
    metrics: Callable[[], Metrics],
    target: Target,
    settings: PersistentDataAnalysis,
    kubelets: Callable[[Collection[str]], Metrics] | None = None,
) -> Ask:
    """Make the question for one report; ``metrics`` connects, and is called when it is asked.

    ``kubelets`` of the nodes that run pods with claims are asked where metrics do not answer and the settings allow it.

    The answer raises the errors of `robusta_volumes._model.errors`: when there is none at all.
    """
    alerted = target.trigger is Trigger.ALERT  # somebody waits for it

    def ask(see: Inventory, about: Collection[Key]) -> Measured:
        claims = [c.meta.key for c in see.claims if c.phase == "Bound" and c.volume_mode != "Block"]
        asked = Asked(
            history_days=settings.history_days,
            detail=_DRAWN,
            choose=lambda measured: [key for key in fills_first(measured) if key in about],
            last_known=not alerted,
            costs=not alerted,
        )
        nodes = {pod.node for pod in see.pods if pod.node and pod.claims}
        instead = (lambda: kubelets(nodes)) if kubelets and settings.kubelet_fallback else None
        return measure_or(metrics, instead, claims, asked, see.now)

    return ask


def fills_first(measured: Measured) -> Sequence[Key]:
    """Order claims by when the growth of the last week fills them; roughly, it only chooses what is looked at closely."""
    grid, days = measured.highest, {}
    for row, key in enumerate(grid.keys if grid else ()):
        use = measured.now.get(key)
        if grid is None or use is None or use.used is None or use.available is None:
            continue
        end = (row + 1) * grid.columns - 1
        before = grid.values[max(row * grid.columns, end - _WEEK)]
        rate = (use.used - before) / _WEEK
        days[key] = use.available / rate if rate > 0 and not isnan(rate) else inf
    return sorted(measured.now, key=lambda key: (days.get(key, inf), -(measured.now[key].share or 0), key))

"""What a tick does around its workflow. It runs by itself every few minutes, so it speaks only when there is something."""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from robusta.api import ExecutionBaseEvent
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.publish import publish, publish_aside
from robusta_volumes._host.run import SOURCE, announce_settings, cluster_name, connect, trigger_of
from robusta_volumes._model.settings import read_settings, snake
from robusta_volumes._model.target import Trigger
from robusta_volumes._report.notices import nothing_due_page, switched_off_page
from robusta_volumes._report.page import Page

Work = Callable[[Cluster, Any, State], list[Page]]
# One tick of a kind at a time: Robusta's schedule and somebody by hand may start two, and each would say what is new.
_turns: defaultdict[object, threading.Lock] = defaultdict(threading.Lock)


def run_tick(event: ExecutionBaseEvent, params: TargetParams, key: str, work: Work) -> None:
    """Do what is due under the settings of ``key``, and publish each page as a finding of its own.

    Settings are not overridden by params: what is made and deleted by itself stands in one place.
    """
    settings = read_settings(params.workflows)
    own, name, trigger = getattr(settings, snake(key)), cluster_name(event, params), trigger_of(event)
    by_hand = trigger == Trigger.MANUAL
    pages: list[Page] = []
    if key not in settings.problems:
        if own.enabled:
            with _turns[getattr(work, "func", work)]:
                cluster = connect(name, Trigger.SCHEDULE)
                pages = work(cluster, own, State(cluster, INSTALLATION_NAMESPACE))
            if by_hand and not pages:
                pages = [nothing_due_page(key, name)]
        elif by_hand:
            pages = [switched_off_page(key, name)]
    for number, page in enumerate(pages):
        (publish_aside if number else publish)(event, page, name, SOURCE[trigger])
    announce_settings(event, params, settings, key, name)

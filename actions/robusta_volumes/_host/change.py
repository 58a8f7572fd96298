"""What every action that changes something does around its workflow: settings, params, and nothing on its own account."""

from collections.abc import Callable
from typing import Any, TypeVar

from robusta.api import ExecutionBaseEvent

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._host.own import global_keys
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.run import run_plain
from robusta_volumes._host.spelling import check_names
from robusta_volumes._model.errors import ClusterError, SettingsError
from robusta_volumes._model.settings import overridden, read_settings, snake
from robusta_volumes._report.notices import error_page, settings_page, switched_off_page, wrong_param_page
from robusta_volumes._report.page import Page, Subject

_A = TypeVar("_A")


def run_change(
    event: ExecutionBaseEvent,
    params: TargetParams,
    key: str,
    action: str,
    asked: _A,
    change: Callable[[Cluster, _A, Any], Page],
    kind: str = "PersistentVolume",
    *,
    more: Callable[[Any], float] = lambda _: 0,
) -> None:
    """Read the params over the defaults in ``asked``, run ``action`` under the settings of ``key``, publish its page.

    ``kind`` is what the param ``name`` names; ``more`` tells how many seconds it takes beyond the usual. Settings are not
    overridden by params here: a bound that whoever asks can lift is none.
    """
    settings = read_settings(params.workflows)
    own = getattr(settings, snake(key))

    def look(cluster: Cluster) -> Page:
        if key in settings.problems:
            return settings_page({key: settings.problems[key]}, cluster.name)
        if not own.enabled:
            return switched_off_page(key, cluster.name)
        try:
            check_names(params, global_keys)
            return change(cluster, overridden(asked, params.dict()), own)
        except SettingsError as error:
            return wrong_param_page(error, action, cluster.name)
        except ClusterError as error:
            return error_page(error, "Planning the change", _subject(params, kind, cluster.name))

    run_plain(event, params, look, 0 if key in settings.problems else more(own))


def _subject(params: TargetParams, kind: str, cluster: str) -> Subject:
    """Tell what was to be changed: the object that is named, else the namespace, else whatever is in the cluster."""
    namespace = str(params.namespace or "")
    if params.name:
        return Subject(kind, str(params.name), namespace)
    return Subject("Namespace", namespace, namespace) if namespace else Subject("Cluster", cluster or "cluster")

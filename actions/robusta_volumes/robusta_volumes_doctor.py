"""The preflight: what will not work here, and why."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.own import host_of
from robusta_volumes._host.params import DoctorParams
from robusta_volumes._host.prometheus import Present
from robusta_volumes._host.run import run_plain
from robusta_volumes._workflows.leftovers import leftovers
from robusta_volumes._workflows.robusta_volumes_doctor import robusta_volumes_doctor as examine


@action
def robusta_volumes_doctor(event: ExecutionBaseEvent, params: DoctorParams) -> None:
    """Say what robusta-volumes lacks in this cluster: permissions, kinds, metrics, settings, playbooks; with the remedy.

    Reads only. Run it by hand after the installation, or on a schedule.
    """
    host = host_of(params.workflows)
    run_plain(event, params, lambda cluster: examine(cluster, host, Present() if host.prometheus_url else None))


@action
def robusta_volumes_leftovers(event: ExecutionBaseEvent, params: DoctorParams) -> None:
    """List everything in the cluster that robusta-volumes made, by its label, and how to remove it.

    Reads only. Run it by hand before you uninstall.
    """
    host = host_of(params.workflows)
    run_plain(event, params, lambda cluster: leftovers(cluster, host.namespace, host.namespaces))

"""The weekly message over all workflows."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.digest import run_digest
from robusta_volumes._host.params import DigestParams


@action
def volumes_digest(event: ExecutionBaseEvent, params: DigestParams) -> None:
    """One message a week: problems open, new and fixed, what is not protected, what is wasted, what went well.

    Reads only, but for a note of what was open in robusta-volumes' own ConfigMap when its schedule runs it.
    """
    run_digest(event, params)

"""An action that got another name runs under its old one, too, and says so.

The old name is a function with ``@action`` in the same module, since the runner registers functions of first-level
modules by their own name:

    @action
    def old_name(event: ExecutionBaseEvent, params: NewNameParams) -> None:
        '''Old name of new_name, until version 0.4.'''
        under_old_name(event, params, "old_name", new_name)
"""

from collections.abc import Callable, Sequence
from typing import Any

from robusta.api import ExecutionBaseEvent

from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.run import announce, cluster_name
from robusta_volumes._model.renames import RENAMED_ACTIONS, RenamedAction
from robusta_volumes._report.notices import renamed_page


def under_old_name(
    event: ExecutionBaseEvent,
    params: TargetParams,
    old: str,
    new: Callable[[ExecutionBaseEvent, Any], None],
    renamed: Sequence[RenamedAction] = RENAMED_ACTIONS,
) -> None:
    """Run the action as it is called now, then tell once which name is old and until which version it works."""
    new(event, params)
    notices = [one.notice for one in renamed if one.old == old]
    announce(event, renamed_page(notices, cluster_name(event, params)), f"notices-{old}", asked=False)

"""The plan of a test of a snapshot, in words; what comes of it is told as of any test."""

from robusta_volumes._analysis.snapshot_restore import Restore
from robusta_volumes._model.times import ago
from robusta_volumes._report.backup_verify import ACTION
from robusta_volumes._report.changes import Act
from robusta_volumes._report.page import Subject


def act_of_test(asked: Restore) -> Act:
    """Put one test into words. What repeats it names the snapshot itself: the newest one may be another by then."""
    point = asked.point
    when = ago(point.when, asked.see.now)
    return Act(
        action=ACTION,
        subject=Subject("PersistentVolumeClaim", point.claim, point.namespace),
        params={"name": point.claim, "namespace": point.namespace, "backup": point.name},
        plan=f"test the snapshot of {asked.data} as of {when} by restoring it beside the claim, into {asked.name}",
        undone=f"The snapshot of {asked.data} was not tested",
        go="Test it now",
    )

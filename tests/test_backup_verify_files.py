"""A file-system backup is restored only through its own pod: it is not tested, and does not keep others from their turn."""

from datetime import timedelta
from pathlib import Path

from restore_world import VeleroWorld, settings
from robusta_volumes._model import kind as k
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick
from test_backup_verify import made, tools, verify, world

MANY = 12  # more than a slot passes over


def by_files(w: VeleroWorld, number: int = 1) -> VeleroWorld:
    """Add claims whose files were read through pods; their names come before the others."""
    known = len(w.b.objects)
    for i in range(number):
        claim = w.b.bound("shop", f"a{i:02}", "1Gi", "gp3", "ebs.csi.aws.com")
        w.velero.pod_volume(w.backup, claim, w.b.pod("shop", f"web-{i}", [f"a{i:02}"]))
    w.cluster.store.take(w.b.objects[known:])
    return w


def test_it_is_not_tested_and_the_way_to_a_backup_that_can_be_is_named(tmp_path: Path) -> None:
    w = by_files(world(tmp_path))
    page = verify(w, name="a00", dry_run=False)
    assert page.title.endswith("it is a file-system backup, whose restore starts the pod")
    assert "agree to that" not in to_markdown(page)  # a test takes no param that would start the pod
    assert "`restore_volume_backup`, with pods=true" in to_markdown(page)
    assert "`moveData: true`" in to_markdown(page)
    assert made(w) == []


def test_many_of_them_do_not_keep_the_others_from_their_turn(tmp_path: Path) -> None:
    w = by_files(world(tmp_path), MANY)
    daily = settings(verify={"schedule": "0 4 * * *"})
    verify_tick(w.cluster, daily, w.state, tools(w), "p")
    w.cluster._now += timedelta(days=1)  # noqa: SLF001 (a test's clock)
    (page,) = verify_tick(w.cluster, daily, w.state, tools(w), "p")
    assert page.title == "12 claims are left out of restore tests"
    assert "| shop/a00 | it is a file-system backup, whose restore starts the pod |" in to_markdown(page)
    (restore,) = w.cluster.find(k.VELERO_RESTORE)
    assert restore["spec"]["labelSelector"] == {"matchLabels": {"app": "pg"}}

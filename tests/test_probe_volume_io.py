"""What a volume does now: how it is looked at, what it means, and why somebody cannot look."""

import copy
from pathlib import Path
from typing import Any

import pytest

from contents_world import NOON, PATH, objects, pod
from io_probe_text import POD_MOUNTS, pair
from probe_world import (
    ASKED,
    BEFORE,
    BUSY,
    FLUSHES,
    IDLE,
    LATE,
    OTHERS,
    PG,
    SLOW,
    WAITING,
    Told,
    after,
    cluster,
    on_node,
    probe,
)
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Button, File, Page, Table
from robusta_volumes._sandbox.shell import PodShell


def look(folder: Path, text: str, asked: ProbeVolumeIo = ASKED, **block: Any) -> Page:
    return probe(cluster(Told(folder, {"pg-0": text})), asked, **block)


def table(page: Page, title: str) -> dict[str, str]:
    rows = next(b.rows for b in page.blocks if isinstance(b, Table) and b.title == title)
    return {row[0]: row[1] for row in rows}


VERDICTS = {
    "busy": (
        BUSY,
        Severity.INFO,
        "3,120 writes/s, 1.0 ms each, 3.1 in flight",
        "12 %",
        "Its tasks did not wait for I/O, however busy the device looks.",
    ),
    "slow": (
        SLOW,
        Severity.MEDIUM,
        "slow now: 312 writes/s, 120 ms each and 30 reads/s, 120 ms each, 41 in flight",
        "88 %",
        "*Do this:* 41 operations wait in line: do less at once",
    ),
    "others": (
        OTHERS,
        Severity.LOW,
        "slow now: 3,120 writes/s, 40 ms each, 126 in flight",
        "1 %",
        "*Do this:* others do 99 % of what the device does",
    ),
    "late": (
        LATE,
        Severity.LOW,
        "slow now: 9 writes/s, 140 ms each and 3 reads/s, 140 ms each, 1.7 in flight",
        "75 %",
        "*Do this:* so little is in flight that the load is not the cause",
    ),
    "flushes": (
        FLUSHES,
        Severity.LOW,
        "flushes take 60 ms: 312 writes/s, 1.0 ms each, 0.31 in flight",
        "100 %",
        "A flush took 60 ms: that is what waits for fsync",
    ),
    "idle": (
        IDLE,
        Severity.INFO,
        "idle: no I/O in 10 s, which says nothing of how fast it is",
        "",
        "*Do this:* run it again while the application works",
    ),
    "waiting": (
        WAITING,
        Severity.INFO,
        "idle: no I/O in 10 s, which says nothing of how fast it is",
        "",
        "It is not this volume that they wait for: the root filesystem, an emptyDir, or memory read back from disk.",
    ),
    "quiet": (
        pair(BEFORE, after(2, 3, 500, own=3)),
        Severity.INFO,
        "nearly idle: 0.3 writes/s, 500 ms each and 0.2 reads/s, 500 ms each, 0.25 in flight",
        "60 %",
        "*Do this:* run it again while the application works",
    ),
}


@pytest.mark.parametrize(("text", "severity", "title", "own", "says"), VERDICTS.values(), ids=VERDICTS)
def test_the_title_says_what_it_does_and_the_text_what_that_means(
    tmp_path: Path, text: str, severity: Severity, title: str, own: str, says: str
) -> None:
    page = look(tmp_path, text)
    share = f"; this container does {own} of the device's I/O" if own else ""
    assert page.title == f"Claim db/data-pg-0: {title}{share}"
    assert page.severity == severity
    assert says in to_markdown(page)
    assert "One short window is a snapshot, not a trend." in to_markdown(page)


def test_the_table_has_the_figures_and_the_files_have_them_all(tmp_path: Path) -> None:
    page = look(tmp_path, SLOW)
    assert table(page, "Figures") == {
        "device": "nvme1n1 (259:3)",
        "reads": "30/s, 240 KiB/s, 8.0 KiB and 120 ms each",
        "writes": "312/s, 2.4 MiB/s, 8.0 KiB and 120 ms each, 11 % merged",
        "flushes": "0/s",
        "in flight, busy": "41, 98 % of the time",
        "own part": "300/s, 2.3 MiB/s, 88 % of all",
        "container waits for I/O": "45 %, all tasks 14 %",
        "node waits for I/O": "11 %, all tasks 0 %",
    }
    csv, raw = (b for b in page.blocks if isinstance(b, File))
    assert b"db,data-pg-0,node-a,pg-0,app,nvme1n1,10.0,30.0,312.0," in csv.content
    assert (raw.name, SLOW.encode() in raw.content) == ("probe.txt", True)


def test_a_threshold_of_the_settings_decides_what_is_slow(tmp_path: Path) -> None:
    page = look(tmp_path, BUSY, limits={"ioSsdHighMs": 1})
    assert page.title.startswith("Claim db/data-pg-0: slow now: 3,120 writes/s")


def test_the_command_sleeps_as_long_as_the_settings_say(tmp_path: Path) -> None:
    shell = Told(tmp_path, {"pg-0": BUSY})
    probe(cluster(shell), probe={"seconds": 17})
    assert [command[3:] for _, command in shell.asked] == [["probe-volume-io", "17", ""]]


def test_a_container_without_a_shell_is_left_for_the_next_and_that_is_said(tmp_path: Path) -> None:
    page = probe(cluster(Told(tmp_path, {"pg-0": BUSY}), pod("data-pg-0", "a-0"), PG))
    assert "3,120 writes/s" in page.title
    assert "Tried before: pod a-0, container app: there is no shell in it." in to_markdown(page)


def test_where_nobody_has_a_shell_it_is_said_how_a_person_looks(tmp_path: Path) -> None:
    page = probe(cluster(Told(tmp_path, {})))
    assert (
        page.title == "Nobody can tell what claim db/data-pg-0 does: pod pg-0, container app: there is no shell in it"
    )
    assert "kubectl debug -it -n db pg-0 --target=app --image=busybox --profile=general -- sh -c" in to_markdown(page)


def test_without_the_right_to_exec_the_exact_command_that_gives_it_is_told(tmp_path: Path) -> None:
    page = probe(cluster(Told(tmp_path, {}), denied={"pods/exec"}))
    assert page.title == "Nobody can tell what claim db/data-pg-0 does: the runner lacks the right to look there"
    assert "python -m robusta_volumes._cli permissions -n db --allow probe | kubectl apply -f -" in to_markdown(page)


def test_what_was_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    page = look(tmp_path, BUSY.removesuffix("@@ 9 end\n"))
    assert "it did not tell everything in time: what was cut off counts for nothing" in page.title


def test_on_several_nodes_each_has_a_row_and_the_worst_is_told(tmp_path: Path) -> None:
    shell = Told(tmp_path, {"pg-0": BUSY, "pg-1": SLOW})
    page = probe(cluster(shell, PG, on_node("pg-1", "node-b"), on_node("pg-2", "node-c")))
    assert page.title.startswith("Claim db/data-pg-0: slow now: 312 writes/s")
    assert page.title.endswith(", and 2 more")
    assert table(page, "Each node") == {
        "node-b": "slow now: 312 writes/s, 120 ms each and 30 reads/s, 120 ms each, 41 in flight",
        "node-a": "3,120 writes/s, 1.0 ms each, 3.1 in flight",
        "node-c": "pod pg-2, container app: there is no shell in it",
    }
    assert sorted(name for name, _ in shell.asked) == ["pg-0", "pg-1", "pg-2"]


def test_of_two_pods_on_one_node_one_is_asked(tmp_path: Path) -> None:
    shell = Told(tmp_path, {"pg-0": BUSY, "pg-1": SLOW})
    probe(cluster(shell, PG, on_node("pg-1", "node-a")))
    assert [name for name, _ in shell.asked] == ["pg-0"]


def test_a_pod_can_be_named_and_is_the_only_one_that_is_asked(tmp_path: Path) -> None:
    shell = Told(tmp_path, {"pg-0": BUSY, "pg-1": SLOW})
    probe(cluster(shell, PG, on_node("pg-1", "node-a")), ProbeVolumeIo("data-pg-0", "db", "pg-1"))
    assert [name for name, _ in shell.asked] == ["pg-1"]


def test_a_pod_alone_means_its_claims(tmp_path: Path) -> None:
    page = look(tmp_path, BUSY, ProbeVolumeIo(namespace="db", pod="pg-0"))
    assert page.title.startswith("Pod db/pg-0: 3,120 writes/s")
    assert page.title.endswith("(data-pg-0)")


def test_a_raw_device_is_asked_for_its_numbers(tmp_path: Path) -> None:
    made = pod("data-pg-0", "pg-0")
    container = made["spec"]["containers"][0]
    container["volumeDevices"] = [{"name": "v", "devicePath": "/dev/data"}]
    del container["volumeMounts"]
    found = cluster(
        shell := Told(tmp_path, {"pg-0": BUSY.replace("@@ 1 uptime", "@@ 0 block\n103:3\n@@ 1 uptime")}), made
    )
    found.store.patch(CLAIM, "data-pg-0", "db", {"spec": {"volumeMode": "Block"}})
    page = probe(found)
    assert "3,120 writes/s" in page.title
    assert shell.asked[0][1][-1] == "/dev/data"


def test_with_io_metrics_switched_off_nothing_is_run(tmp_path: Path) -> None:
    shell = Told(tmp_path, {"pg-0": BUSY})
    page = probe(cluster(shell), includeIOMetrics=False)
    assert page.title == "Claim db/data-pg-0: its I/O is not looked at"
    assert "set `volumePerformanceAnalysis.includeIOMetrics: true`" in to_markdown(page)
    assert shell.asked == []


def test_a_plan_names_the_containers_and_runs_nothing(tmp_path: Path) -> None:
    shell = Told(tmp_path, {"pg-0": BUSY})
    page = probe(cluster(shell), ProbeVolumeIo("data-pg-0", "db", dry_run=True))
    assert page.title == "Plan: look at the I/O of claim db/data-pg-0"
    assert (
        f"• `data-pg-0` on node `node-a`: from pod `pg-0`, container `app`, what is mounted at `{PATH}`"
        in to_markdown(page)
    )
    (button,) = (b for b in page.blocks if isinstance(b, Button))
    assert (button.text, button.params) == ("Probe now", {"name": "data-pg-0", "namespace": "db", "dry_run": "false"})
    assert shell.asked == []


def test_a_filesystem_without_counters_says_so_and_that_tasks_wait_is_known(tmp_path: Path) -> None:
    ceph = POD_MOUNTS.replace("/ceph", PATH).replace("259:3 /", "8:0 /")
    page = look(tmp_path, pair(BEFORE, after(0, 0, 0, stall=45), mounts=ceph))
    assert (
        page.title == "Nobody can tell what claim db/data-pg-0 does: the kernel keeps no counters of its own for ceph"
    )
    said = to_markdown(page)
    assert "Tasks of the container waited for I/O 45 % of the time" in said
    assert "*Do this:* look at the statistics of the storage behind it" in said


def test_a_folder_of_a_larger_disk_and_one_that_became_read_only_are_said(tmp_path: Path) -> None:
    mounts = f"1200 1190 259:3 /var/lib/data {PATH} rw - ext4 /dev/nvme1n1 ro,seclabel\n"
    said = to_markdown(look(tmp_path, pair(BEFORE, after(0, 31_200, 1), mounts=mounts)))
    assert (
        "The volume is the folder `/var/lib/data` of a larger filesystem: the figures are those of its whole device."
        in said
    )
    assert "Its filesystem is mounted read-only" in said


@pytest.mark.parametrize(
    ("pods", "status", "why"),
    [
        ((), {}, "no pod uses it, so nothing is done on it"),
        ((PG,), {"phase": "Pending"}, "it is Pending: there is no volume"),
        (
            (pod("data-pg-0", "pg-0", status={"phase": "Pending"}),),
            {},
            "pod `pg-0` mounts it, but no container of it runs",
        ),
    ],
    ids=["unused", "pending", "starting"],
)
def test_what_cannot_be_looked_at_says_why(pods: tuple[dict[str, Any], ...], status: dict[str, Any], why: str) -> None:
    made = objects(*pods)
    claim = next(o for o in made if o["kind"] == "PersistentVolumeClaim")
    claim["status"] |= status
    page = probe(MemoryCluster(made, now=NOON))
    assert why in page.title
    assert "*Do this:*" in to_markdown(page)


def test_in_the_clusters_own_namespaces_nothing_of_ours_runs(tmp_path: Path) -> None:
    made = copy.deepcopy(objects(PG))
    for o in made:
        if o["metadata"].get("namespace") == "db":
            o["metadata"] = {**o["metadata"], "namespace": "kube-system"}
    found = MemoryCluster(made, now=NOON, shell=(shell := Told(tmp_path, {"pg-0": BUSY})))
    assert "nothing of ours runs" in probe(found, ProbeVolumeIo("data-pg-0", "kube-system")).title
    assert shell.asked == []


def test_it_must_be_said_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name is needed: the claim; or give pod, for all claims of that pod"):
        look(tmp_path, BUSY, ProbeVolumeIo(namespace="db"))
    with pytest.raises(SettingsError, match="namespace is needed"):
        look(tmp_path, BUSY, ProbeVolumeIo("data-pg-0"))


def test_of_what_is_not_there_the_nearest_is_told(tmp_path: Path) -> None:
    assert "Did you mean *data-pg-0*?" in to_markdown(look(tmp_path, BUSY, ProbeVolumeIo("data-pg", "db")))
    assert "Did you mean *pg-0*?" in to_markdown(look(tmp_path, BUSY, ProbeVolumeIo(namespace="db", pod="pg-00")))


def test_a_real_shell_tells_of_this_machine(tmp_path: Path) -> None:
    page = probe(cluster(PodShell(tmp_path), pod("data-pg-0", "pg-0", path="/")), probe={"seconds": 5})
    assert page.title.startswith("Claim db/data-pg-0: ")
    assert "Looked at for 5." in to_markdown(page)

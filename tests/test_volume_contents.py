"""What uses the space in a volume, asked of a pod that has it: a real shell over a real folder."""

from pathlib import Path
from typing import Any

import pytest

from contents_world import MIB, NOON, PATH, cluster, objects, pod, postgres, settings, write
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._workflows.volume_contents import seconds_beyond, volume_contents

ASKED = VolumeContents(name="data-pg-0", namespace="db")


@pytest.fixture
def shell(tmp_path: Path) -> PodShell:
    made = PodShell(tmp_path / "pods")
    made.mounts["db", "pg-0"] = {PATH: postgres(tmp_path / "volume")}
    return made


def look(found: MemoryCluster, asked: VolumeContents = ASKED, **contents: Any) -> Page:
    return volume_contents(found, asked, settings(**contents))


def table(page: Page, title: str) -> dict[str, str]:
    rows = next(b.rows for b in page.blocks if isinstance(b, Table) and b.title == title)
    return {row[0]: row[1] for row in rows}


def test_the_title_says_how_much_and_where_and_the_text_what_it_means(shell: PodShell) -> None:
    page = look(cluster(shell, pod("data-pg-0", "pg-0")))
    assert page.title == "db/data-pg-0 holds 5.5 MiB in 7 files: 73 % is in pg_wal"
    said = to_markdown(page)
    assert "*pg_wal* (4.0 MiB, 73 %) is the write-ahead log of PostgreSQL: a replication slot" in said
    assert "select slot_name, active from pg_replication_slots;" in said
    assert "0.5 MiB in 1 file was last changed more than 90 days ago." in said
    assert "Looked at from pod `pg-0`, container `app`." in said
    assert table(page, "Largest folders") == {"pg_wal": "4.0 MiB, 73 %", "base/16384": "1.5 MiB, 27 %"}
    assert table(page, "By ending") == {"(none)": "5.0 MiB in 6", ".old": "0.5 MiB in 1"}


def test_a_plan_names_the_container_and_runs_nothing(tmp_path: Path) -> None:
    page = look(cluster(None, pod("data-pg-0", "pg-0")), VolumeContents("data-pg-0", "db", dry_run=True))
    assert page.title == "Plan: look what is in db/data-pg-0"
    assert f"1. from `pg-0`, container `app`, at `{PATH}`" in to_markdown(page)
    assert not (tmp_path / "pods").exists()


def test_a_container_without_a_shell_is_left_for_the_next_pod(shell: PodShell) -> None:
    class Distroless(PodShell):
        def here(self, where: Any, command: Any) -> list[str]:
            return ["/no/such/shell"] if where.pod == "a-0" else shell.here(where, command)

    page = look(cluster(Distroless(shell.root), pod("data-pg-0", "a-0"), pod("data-pg-0", "pg-0")))
    assert page.title.startswith("db/data-pg-0 holds")
    assert "Tried before: pod a-0, container app: there is no shell in it." in to_markdown(page)


def test_where_only_a_folder_of_the_volume_is_mounted_it_is_said(shell: PodShell) -> None:
    page = look(cluster(shell, pod("data-pg-0", "pg-0", sub_path="pgdata")))
    said = "*Partial:* that container sees only the folder `pgdata` of the volume; `way=pod` looks at all of it."
    assert said in to_markdown(page)
    assert page.title.startswith("db/data-pg-0 holds at least ")


def test_a_path_that_is_no_folder_is_told_as_what_was_tried(shell: PodShell, tmp_path: Path) -> None:
    shell.mounts["db", "pg-0"] = {PATH: tmp_path / "nothing"}
    page = look(cluster(shell, pod("data-pg-0", "pg-0")), VolumeContents("data-pg-0", "db", way="exec"))
    assert page.title == (
        "Nobody can look into db/data-pg-0: pod pg-0, container app: it is no folder there, or may not be entered"
    )


def test_without_the_right_to_exec_the_command_that_gives_it_is_told(shell: PodShell) -> None:
    found = cluster(shell, pod("data-pg-0", "pg-0"), denied={"pods/exec"})
    said = to_markdown(look(found, VolumeContents("data-pg-0", "db", way="exec")))
    assert "pod pg-0, container app: cannot create pods/exec" in said
    assert "permissions -n db --allow contents | kubectl apply -f -" in said


def test_names_can_be_left_out_and_what_is_known_of_an_application_stays(shell: PodShell, tmp_path: Path) -> None:
    write(tmp_path / "volume", "customers/Jane Doe.pdf", 3 * MIB)
    said = to_markdown(look(cluster(shell, pod("data-pg-0", "pg-0")), redactNames=True))
    assert "Jane" not in said
    assert "customers" not in said
    assert "pg_wal" in said
    assert ".pdf" in said


def test_a_hostile_name_stays_in_its_cell(shell: PodShell, tmp_path: Path) -> None:
    write(tmp_path / "volume", b"<!channel>\n*bold* `code` \xff $(reboot)", 9 * MIB)
    page = look(cluster(shell, pod("data-pg-0", "pg-0")))
    (name,) = [row for row in table(page, "Largest files") if "bold" in row]
    assert name == "\u2039!channel\u203a \u2217bold\u2217 'code' \ufffd $(reboot)"


def test_of_a_claim_that_is_not_there_the_nearest_is_told(shell: PodShell) -> None:
    page = look(cluster(shell), VolumeContents("data-pg", "db"))
    assert "Did you mean *data-pg-0*?" in to_markdown(page)


def test_it_must_be_said_into_which_claim(shell: PodShell) -> None:
    with pytest.raises(SettingsError, match="name is needed"):
        look(cluster(shell), VolumeContents(namespace="db"))


REFUSED = {
    "block": ({"volumeMode": "Block"}, {}, "it is a raw block device: there are no files"),
    "pending": ({}, {"phase": "Pending"}, "it is Pending: there is no volume to look into"),
    "lost": ({}, {"phase": "Lost"}, "it is Lost: there is no volume to look into"),
}


@pytest.mark.parametrize(("spec", "status", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_looked_into_says_why(spec: dict[str, Any], status: dict[str, Any], why: str) -> None:
    made = objects(pod("data-pg-0", "pg-0"))
    claim = next(o for o in made if o["kind"] == "PersistentVolumeClaim")
    claim["spec"] |= spec
    claim["status"] |= status
    page = look(MemoryCluster(made, now=NOON))
    assert page.title == f"Nobody can look into db/data-pg-0: {why}"
    assert "*Do this:*" in to_markdown(page)


def test_a_windows_pod_is_not_asked() -> None:
    windows = pod("data-pg-0", "pg-0")
    windows["spec"]["os"] = {"name": "windows"}
    assert "a Windows pod uses it" in look(cluster(None, windows)).title


@pytest.mark.parametrize(
    ("way", "copy_size", "seconds"),
    [
        ("exec", 100, 120),
        ("pod", 100, 120),
        (" Debug", 100, 120),
        ("snapshot", 100, 300),
        ("", 100, 300),
        ("auto", 0, 120),
    ],
)
def test_only_a_look_that_may_come_to_a_copy_may_take_as_long_as_one(way: str, copy_size: int, seconds: int) -> None:
    contents = settings(seconds=60, copySeconds=90, copySize=copy_size).contents
    assert seconds_beyond(contents, way) == seconds

"""How full claims are, in a report on performance: judged where it is known, and said to be unknown where it is not."""

from collections.abc import Collection, Mapping

from performance_world import NOW, asking, story
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.errors import Unavailable
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Key, Use
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.io_ask import Fill
from robusta_volumes._workflows.volume_performance_analysis import volume_performance_analysis

GIB = 2**30


def told(fill: Fill) -> str:
    cluster = MemoryCluster(shop(NOW)[0], name="prod", now=NOW)
    target = Target("PersistentVolumeClaim", "data-pg-0", "db")
    return to_markdown(volume_performance_analysis(cluster, target, VolumePerformanceAnalysis(), asking(story()), fill))


def full(claims: Collection[Key]) -> Mapping[Key, Use]:
    return dict.fromkeys(claims, Use(used=99 * GIB, available=1 * GIB, capacity=100 * GIB))


def silent(_: Collection[Key]) -> Mapping[Key, Use]:
    raise Unavailable("Prometheus gave up", "ask again later")


def test_a_filesystem_without_room_is_the_verdict() -> None:
    assert told(full).startswith("# Claim db/data-pg-0 has a filesystem that is 99 % full")


def test_how_full_nobody_could_say_is_told_and_not_taken_for_well() -> None:
    said = told(silent)
    assert "*Not looked at:*" in said
    assert "Prometheus gave up" in said
    assert "PERF-38" in said

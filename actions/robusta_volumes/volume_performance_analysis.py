"""volumePerformanceAnalysis: is a volume slow, why, and what to change."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.benchmark import run_benchmark
from robusta_volumes._host.params import (
    BenchmarkStorageClassParams,
    ProbeVolumeIoParams,
    VolumePerformanceAnalysisParams,
)
from robusta_volumes._host.performance import run_performance
from robusta_volumes._host.probe import run_probe
from robusta_volumes._workflows.volume_performance_analysis import volume_performance_analysis as report


@action
def volume_performance_analysis(event: ExecutionBaseEvent, params: VolumePerformanceAnalysisParams) -> None:
    """Report whether volumes are slow, why, since when, and what to change, with the figure that proves it.

    Reads only. By hand for a claim, a workload, a node, a class or the cluster; on a schedule; and on alerts about disks.
    """
    run_performance(event, params, report)


@action
def probe_volume_io(event: ExecutionBaseEvent, params: ProbeVolumeIoParams) -> None:
    """Tell what a claim (name, namespace) or the claims of a pod (pod, namespace) do now, without metrics.

    A command in a pod that has the volume reads the kernel's counters twice; it writes nothing. dry_run=true only tells how.
    """
    run_probe(event, params)


@action
def benchmark_storage_class(event: ExecutionBaseEvent, params: BenchmarkStorageClassParams) -> None:
    """Try a storage class (name) with fio, on a claim made for it and deleted after. Shows the plan; dry_run=false runs it.

    Takes about three minutes; what is not over then goes on by itself, and the next run tells the result. Says how near it comes
    to what is declared, and what is slower than the last time. On a schedule it begins none: it tells such a result, and removes
    what a run left that died.
    """
    run_benchmark(event, params)

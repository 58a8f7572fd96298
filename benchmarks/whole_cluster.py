"""What the whole-cluster report costs over HTTP, beside the bare cost of the same pages.

The sandbox serves a cluster from a process of its own: N claims, as many volumes and attachments, three times as many pods
of a realistic size, their workloads and nodes. Each measurement is a process of its own too:

  report  `persistent_volume_actions` on the whole cluster: gather, judge, write the page
  bare    the same requests, each page read and given to json.loads, nothing kept
  hikaru  the pods alone, parsed as Robusta's own `volume_analysis` parses them; on small sizes only: it is that slow

`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import urllib3
from _cluster_of import cluster_of, pod_bytes
from kubernetes.client.api_client import ApiClient

from robusta_volumes._cluster.gather import EVERYTHING, selectors_of
from robusta_volumes._cluster.live import LiveCluster, client_from_kubeconfig
from robusta_volumes._cluster.store import Store
from robusta_volumes._cluster.wire import listing
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

SIZES = (100, 1_000, 10_000)
HIKARU_UP_TO = 100  # claims; ten times as many take minutes
MIB = 1024 * 1024


def serve(claims: int) -> None:
    """Serve a cluster until standard input closes; prints the kubeconfig's path when it is ready."""
    gc.disable()  # what it serves stays for good, and must not slow the answers
    store = Store(cluster_of(claims, datetime.now(UTC)))
    with tempfile.TemporaryDirectory() as folder, ApiServer(store) as server:
        print(server.kubeconfig(Path(folder) / "kubeconfig"), flush=True)
        sys.stdin.read()


def report(client: ApiClient) -> dict[str, Any]:
    """Run the whole report."""
    pool = client.rest_client.pool_manager
    page = persistent_volume_actions(LiveCluster(client, "bench"), Target(), PersistentVolumeActions())
    if not page.title.startswith("All "):
        raise SystemExit(
            f"the report did not see the whole cluster, or a rule found fault with a healthy one: {page.title}"
        )
    return {"requests": _requests(pool), "said": page.title}


def bare(client: ApiClient) -> dict[str, Any]:
    """Fetch the same pages and parse each; keep nothing."""
    pool: urllib3.PoolManager = client.rest_client.pool_manager
    headers = dict(client.default_headers)
    client.update_params_for_auth(headers, [], ["BearerToken"])
    read = 0
    for kind in EVERYTHING:
        for selector in selectors_of(kind):
            more = ""
            while True:
                asked = listing(kind, None, {"limit": "500", "fieldSelector": selector, "continue": more})
                body = pool.request("GET", client.configuration.host + asked.path, headers=headers).data
                read += len(body)
                try:
                    more = (json.loads(body).get("metadata") or {}).get("continue") or ""
                except ValueError:
                    more = ""  # a kind that is not served
                if not more:
                    break
    return {"requests": _requests(pool), "bytes": read}


def hikaru(client: ApiClient) -> dict[str, Any]:
    """List all pods through typed models."""
    from hikaru.model.rel_1_26.v1 import PodList  # noqa: PLC0415 (a second and 100 MiB that the others must not pay)

    found = PodList.listPodForAllNamespaces(client=client)
    return {"requests": _requests(client.rest_client.pool_manager), "pods": len(found.obj.items)}


def _requests(pool: urllib3.PoolManager) -> int:
    pools = [pool.pools[key] for key in pool.pools.keys()]  # noqa: SIM118 (its container has no iterator)
    return sum(p.num_requests for p in pools)


MODES = {"report": report, "bare": bare, "hikaru": hikaru}


def measure(mode: str, kubeconfig: str) -> None:
    """Run one mode and print its figures as JSON; what the imports cost is not counted, but for memory."""
    client = client_from_kubeconfig(Path(kubeconfig))
    cpu, start = time.process_time(), time.perf_counter()
    told = MODES[mode](client)
    told |= {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    told["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


def run(mode: str, kubeconfig: str) -> dict[str, Any]:
    """Measure in a process of its own."""
    done = subprocess.run(  # noqa: S603 (this very script)
        [sys.executable, __file__, mode, kubeconfig],
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> int:
    """Print the table."""
    print(f"a pod is {pod_bytes():,} bytes of JSON", flush=True)
    print(" claims   pods  mode    requests     MiB  wall s   CPU s  CPU/bare  peak MiB")
    for claims in SIZES:
        with subprocess.Popen(  # noqa: S603 (this very script)
            [sys.executable, __file__, "serve", str(claims)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            kubeconfig = (server.stdout.readline() if server.stdout else "").strip()
            try:
                _rows(claims, kubeconfig)
            finally:
                server.kill()
    return 0


def _rows(claims: int, kubeconfig: str) -> None:
    plain = run("bare", kubeconfig)
    for mode in ("bare", "report", *(["hikaru"] if claims <= HIKARU_UP_TO else [])):
        told = plain if mode == "bare" else run(mode, kubeconfig)
        size = f"{told['bytes'] / MIB:7.1f}" if "bytes" in told else " " * 7
        print(
            f"{claims:7,} {3 * claims:6,}  {mode:7} {told['requests']:8} {size} {told['seconds']:7.2f} {told['cpu']:7.2f}"
            f"  {told['cpu'] / plain['cpu']:8.2f} {told['rss']:9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        measure(sys.argv[1], sys.argv[2])

"""The Velero of the sandbox: server and node agents over one store.

velero = VeleroServer(store, script)
velero.step()                 # by hand: each backup and restore takes one phase, each data mover one turn
velero.settle()               # until nothing moves any more
with VeleroServer(store): ... # by itself, every 0.3 s

What is missing: hooks, volume group snapshots, native snapshots, and what a backup holds beside claims.
"""

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import block
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.stepping import Stepping
from robusta_volumes._sandbox.velero_backups import Backups
from robusta_volumes._sandbox.velero_bucket import Bucket, Saved
from robusta_volumes._sandbox.velero_downloads import Downloads, FileServer
from robusta_volumes._sandbox.velero_movers import NodeAgents
from robusta_volumes._sandbox.velero_restores import Filled, Restores
from robusta_volumes._sandbox.velero_schedules import Schedules
from robusta_volumes._sandbox.velero_script import VeleroScript

_MOST = 200  # steps until everything is over that ever will be
_OF_BACKUP = (k.VELERO_UPLOAD, k.VELERO_POD_VOLUME)


class VeleroServer(Stepping):
    """All of it. Backups that a story brought count as lying in their locations.

    ``files`` serves what DownloadRequests ask for; without it they are not answered.
    ``filled`` is told when a restored claim is there: (from, to, whether data came with it).
    """

    def __init__(
        self,
        store: Store,
        script: VeleroScript | None = None,
        *,
        namespace: str = "velero",
        filled: Filled | None = None,
        files: FileServer | None = None,
    ) -> None:
        super().__init__()
        self.store, self.namespace = store, namespace
        self.script = script or VeleroScript()
        self.down = False
        self._here: set[str] | None = None  # uids of the backups at the last step
        self.bucket = Bucket(store, namespace, self.script)
        self.bucket.adopt()
        self._agents = NodeAgents(store, namespace, self.script)
        self._backups = Backups(self.bucket, self._agents)
        self._restores = Restores(self.bucket, self._agents, filled)
        self._schedules = Schedules(store, namespace)
        self._downloads = Downloads(self.bucket, files)

    def step(self) -> None:
        """Move everything by one stage; a server that is down does nothing."""
        if self.down:
            return
        with self.store.lock:
            self.bucket.look_at_locations()
            self._schedules.step()
            self._backups.step()
            self._restores.step()
            self._agents.step()
            self._downloads.step()
            self.bucket.expire()
            self.bucket.delete_requested()
            self._collect_garbage()
            self.bucket.sync()

    def settle(self, most: int = _MOST) -> int:
        """Step until nothing changes but times, at most so often; gives how many steps it took."""
        before = ""
        for number in range(1, most + 1):
            self.step()
            now = self._fingerprint()
            if now == before:
                return number
            before = now
        return most

    def stop(self) -> None:
        """Take server and node agents down: nothing happens until the restart."""
        self.down = True

    def restart(self) -> None:
        """Start the server again: what was InProgress is Failed now."""
        self.down = False
        with self.store.lock:
            self._backups.restarted()
            self._restores.restarted()

    def from_another_cluster(self, backup: Object, claims: dict[tuple[str, str], Saved] | None = None) -> None:
        """Put a backup into its location that another cluster made; the next sync brings its object."""
        self.bucket.put(backup, claims or {})

    def _fingerprint(self) -> str:
        kinds = [kind for kind in VELERO if kind != k.VELERO_LOCATION]  # its times change at each step
        return "\n".join(
            o["metadata"]["resourceVersion"] for kind in kinds for o in self.store.find(kind, self.namespace)
        )

    def _collect_garbage(self) -> None:
        """Do what the cluster's garbage collector does: what a backup owned goes with its object."""
        here = {o["metadata"]["uid"] for o in self.store.find(k.VELERO_BACKUP, self.namespace)}
        if here == self._here:
            return
        self._here = here
        for kind in _OF_BACKUP:
            for item in self.store.find(kind, self.namespace):
                if block(item, "metadata", "labels").get(shapes.BACKUP_UID) not in here:
                    self.store.delete(kind, item["metadata"]["name"], self.namespace)

"""Run the look into a volume: with the time that it may take, and the image that this installation can pull."""

from functools import partial

from robusta.api import ExecutionBaseEvent
from robusta.core.model.env_vars import IMAGE_REGISTRY

from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import TargetParams
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.volume_contents import seconds_beyond, volume_contents

_ROBUSTAS_OWN = "robustadev"  # the registry unless somebody set another one; it has no busybox
_BUSYBOX = "busybox:1.36.1"


def run_contents(event: ExecutionBaseEvent, params: TargetParams) -> None:
    """Look into one claim and publish what is in it."""
    work = partial(volume_contents, image=image_of(IMAGE_REGISTRY))
    way = str(params.dict().get("way") or "")

    def more(settings: PersistentDataAnalysis) -> float:
        return seconds_beyond(settings.contents, way)

    run_change(
        event, params, "persistentDataAnalysis", "volume_contents", VolumeContents(), work, CLAIM.name, more=more
    )


def image_of(registry: str) -> str:
    """Name the image for a pod of ours: from the registry that all of Robusta's images come from, if one was set."""
    own = registry.strip().rstrip("/")
    return f"docker.io/library/{_BUSYBOX}" if own in {"", _ROBUSTAS_OWN} else f"{own}/{_BUSYBOX}"

"""What tells metrics as text through the API server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exporter:
    """The kubelet of ``node`` (what cAdvisor measures there of containers), or a port of a pod.

    ``allow``: as of a step in `plan`.
    """

    node: str = ""
    namespace: str = ""
    pod: str = ""
    port: int = 9100
    secure: bool = False
    allow: str = ""

    @property
    def target(self) -> str:
        """Name the port of the pod as the API server's proxy does."""
        return f"{'https:' if self.secure else ''}{self.pod}:{self.port}"

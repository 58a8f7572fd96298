"""CSI drivers, as far as attaching goes."""

from dataclasses import dataclass

from robusta_volumes._model.volume import Named


@dataclass(frozen=True)
class CsiDriver(Named):
    """A CSIDriver."""

    attaches: bool = True  # spec.attachRequired: a volume is attached to a node before it is mounted there

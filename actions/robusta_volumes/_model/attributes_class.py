"""What a volume may be asked to do while it is used."""

from dataclasses import dataclass, field

from robusta_volumes._model.requirement import Labels
from robusta_volumes._model.volume import Meta


@dataclass(frozen=True)
class AttributesClass:
    """A VolumeAttributesClass: what a volume may be asked to do while it is used."""

    meta: Meta
    driver: str
    parameters: Labels = field(default_factory=dict)  # lower case; those that cannot hold a secret or the name of one

"""One need for a permission, and one action that changes something."""

from dataclasses import dataclass

from robusta_volumes._model.kind import Kind


@dataclass(frozen=True)
class Need:
    """Verbs on one kind. ``own`` means Robusta's own namespace only; else cluster-wide reading.

    ``allow`` is the word after ``permissions --allow`` for what writes: a Role allows that, namespace by namespace.
    """

    kind: Kind
    verbs: tuple[str, ...]
    feature: str
    own: bool = False
    allow: str = ""
    without: str = ""  # what a cluster that does not serve the kind lacks, and how it gets it; "-": nothing


@dataclass(frozen=True)
class Change:
    """An action that changes something, and the verbs that it needs beyond reading.

    Nobody has it unless somebody gave it: ``need.allow`` is the word for that.
    """

    action: str
    need: Need
    ticks: bool = False  # a playbook of ours runs it, by what the settings say; all others are run by a person

"""Where an object comes from, as far as it says so itself: its owners and its marks."""

from dataclasses import dataclass

from robusta_volumes._model.volume import Meta


@dataclass(frozen=True)
class Owner:
    """One entry of ``ownerReferences``; ``group`` is "" for the core group."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True)
class Origin:
    """An object that may say who looks after it."""

    kind: str
    meta: Meta
    owners: tuple[Owner, ...] = ()

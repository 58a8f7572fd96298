"""Limits that a user declares: what a storage class, a driver or a type of machine can do where no catalogue says it right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from robusta_volumes._model.checks import amount, got

_MOST_IOPS, _MOST_MIB = 10_000_000.0, 1_000_000.0  # more is a slip of the finger
_MIB = 1024**2
_KEYS = {"iops": ("operations per second", _MOST_IOPS), "throughput": ("MiB per second", _MOST_MIB)}


@dataclass(frozen=True)
class Cap:
    """One declared limit: operations and bytes per second; None: nothing is said of that."""

    iops: float | None = None
    bytes: float | None = None


@dataclass(frozen=True)
class Caps:
    """Declared limits by name: of storage classes or drivers, or of types of machine."""

    by_name: tuple[tuple[str, Cap], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is declared."""
        return bool(self.by_name)

    def of(self, *names: str | None) -> tuple[str, Cap] | None:
        """Give the first of these names that something is declared for, with that."""
        table = dict(self.by_name)
        return next(((name, table[name]) for name in names if name and name in table), None)


NO_CAPS = Caps()


def caps(example: str) -> Callable[[object], Caps]:
    """Make the check of such a block; ``example`` is a name for its errors.

    The check raises ValueError: with what is allowed.
    """

    def check(value: object) -> Caps:
        if isinstance(value, Caps):
            return value
        if not isinstance(value, Mapping):
            message = f"must be a block such as {example}: {{iops: 6000, throughput: 250}}, {got(value)}"
            raise ValueError(message)  # noqa: TRY004 (one kind of error for everything that a user can write)
        return Caps(tuple((str(name), _cap(str(name), said)) for name, said in value.items()))

    return check


def _cap(name: str, said: object) -> Cap:
    if not isinstance(said, Mapping) or not said or set(said) - set(_KEYS):
        message = f"{name} must have iops, throughput (MiB per second), or both, {got(said)}"
        raise ValueError(message)
    found: dict[str, float] = {}
    for key, given in said.items():
        unit, most = _KEYS[str(key)]
        try:
            found[str(key)] = amount(given, unit, most)
        except ValueError as wrong:
            raise ValueError(f"{name}.{key} {wrong}") from wrong
    return Cap(found.get("iops"), found["throughput"] * _MIB if "throughput" in found else None)

"""Where the values for Helm stand in a document: at its top, or inside an object of Argo CD or Flux."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cli.values_tree import ValuesError

Place = tuple[str, ...]
_ARGO: Place = ("spec", "source", "helm", "valuesObject")
_FLUX: Place = ("spec", "values")


def below(values: Mapping[str, Any], *path: str) -> Any:
    """Give what stands below a path; None when nothing does."""
    found: Any = values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def place_of(document: Mapping[str, Any]) -> Place:
    """Tell below which keys the values stand; none for an ordinary values file.

    Raises ValuesError: when an object holds them in a way that we cannot look into.
    """
    kind = document.get("kind")
    if kind == "HelmRelease":
        return _FLUX
    if kind != "Application":
        return ()
    if below(document, "spec", "sources") is not None:
        raise ValuesError("this Application has several sources: use --into on the file that holds Robusta's values")
    if below(document, "spec", "source", "helm", "values"):
        raise ValuesError("spec.source.helm.values holds text: write it as spec.source.helm.valuesObject first")
    return _ARGO


def values_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that a document holds.

    Raises ValuesError: when they cannot be seen.
    """
    place = place_of(document)
    found = below(document, *place) if place else document
    if found is not None and not isinstance(found, Mapping):
        raise ValuesError(f"{'.'.join(place)} should hold a block")
    return dict(found or {})

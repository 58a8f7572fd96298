"""A ControllerRevision becomes what we understand: whose it is, its number, its images. Pure."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._cluster.read import meta
from robusta_volumes._model.revision import Revision

_KEPT_META = ("name", "namespace", "uid", "creationTimestamp", "ownerReferences")
_TEMPLATE = ("data", "spec", "template", "spec", "containers")


def revision(o: Mapping[str, Any]) -> Revision:
    """Read a ControllerRevision, whole or slim."""
    number = at(o, "revision")
    return Revision(
        meta({"metadata": at(o, "metadata") or {}}),
        number if isinstance(number, int) else 0,
        tuple(str(image) for c in blocks(o, *_TEMPLATE) if (image := c.get("image"))),
    )


def slim_revision(o: dict[str, Any]) -> dict[str, Any]:
    """Keep what is read: a template can be long, and it may hold secrets."""
    about = at(o, "metadata") or {}
    containers = [{"image": c.get("image")} for c in blocks(o, *_TEMPLATE)]
    return {
        "kind": at(o, "kind"),
        "metadata": {key: about[key] for key in _KEPT_META if key in about},
        "revision": at(o, "revision"),
        "data": {"spec": {"template": {"spec": {"containers": containers}}}},
    }

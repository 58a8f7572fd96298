"""What we intend to write to a cluster, before anything is written.

A dry run shows these objects; the real run carries out the very same ones. ``allow`` is the word after ``permissions --allow``
that gives the right to a step, where several give it: a refusal then names that one, and not another action's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.kind import Kind


@dataclass(frozen=True)
class Create:
    """Create ``manifest`` (with apiVersion, kind, metadata.name and, where the kind has one, metadata.namespace)."""

    manifest: Mapping[str, Any]
    why: str
    allow: str = ""


@dataclass(frozen=True)
class Patch:
    """Apply ``changes`` as a JSON merge patch (RFC 7386), only to this version of the object if one is given."""

    kind: Kind
    name: str
    namespace: str | None
    changes: Mapping[str, Any]
    why: str
    resource_version: str | None = None
    allow: str = ""


@dataclass(frozen=True)
class Delete:
    """Delete one object, only if it is still the one with this uid (and, if given, in this version)."""

    kind: Kind
    name: str
    namespace: str | None
    why: str
    uid: str
    resource_version: str | None = None
    allow: str = ""


Step = Create | Patch | Delete


@dataclass(frozen=True)
class Outcome:
    """What became of one step: the object as the server answered it, or the error that refused it."""

    step: Step
    answer: Mapping[str, Any] | None = None
    error: ClusterError | None = None

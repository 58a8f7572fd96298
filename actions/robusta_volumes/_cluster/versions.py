"""Which versions of the snapshot API a cluster serves, where the one that we ask for is not served."""

from collections.abc import Callable

from robusta_volumes._cluster.answers import not_installed
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import blocks
from robusta_volumes._cluster.wire import Request
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound, NotInstalled
from robusta_volumes._model.kind import BACKUP_KINDS, SNAPSHOT, Kind
from robusta_volumes._model.text import listing

_DISCOVER = "discover"  # no verb of RBAC: whoever is authenticated may
_OPTIONAL = frozenset(kind.group for kind in BACKUP_KINDS)
_TODO = (
    "Update the snapshot CRDs and controller (kubernetes-csi/external-snapshotter) to a release that serves {version}; those"
    " of {served} are no longer of use."
)


def explained(error: ClusterError, asked: Request, ask: Callable[[Request], Object]) -> ClusterError:
    """Say which versions there are when that of a snapshot kind is missing: the server answers just "404 page not found".

    What is not installed at all, or does not say, stays as it was. Of a backup tool that is not installed the server says
    that it is not allowed, where no rule names its group: then it is asked whether it serves the group.
    """
    kind = asked.kind
    if isinstance(error, NotAllowed) and kind.group in _OPTIONAL and asked.verb != _DISCOVER:
        return _absent(error, kind, ask)
    if not isinstance(error, NotInstalled) or kind.group != SNAPSHOT.group or asked.verb == _DISCOVER:
        return error
    try:
        group = ask(Request("GET", f"/apis/{kind.group}", _DISCOVER, kind))
    except ClusterError:
        return error
    served = [str(one.get("version")) for one in blocks(group, "versions") if one.get("version")]
    return _only(kind, served) if served and kind.version not in served else error


def _absent(error: NotAllowed, kind: Kind, ask: Callable[[Request], Object]) -> ClusterError:
    try:
        group = ask(Request("GET", f"/apis/{kind.group}", _DISCOVER, kind))
    except (NotInstalled, NotFound):
        return not_installed(error.message, kind)
    except ClusterError:
        return error
    served = [str(one.get("version")) for one in blocks(group, "versions")]
    return error if kind.version in served or not served else not_installed(error.message, kind)


def _only(kind: Kind, served: list[str]) -> NotInstalled:
    names = listing(served, len(served))
    verb = "is" if len(served) == 1 else "are"
    return NotInstalled(
        f"only {names} {verb} served: {kind.resource} is needed in {kind.version}",
        _TODO.format(version=kind.version, served=names),
        tuple(served),
    )

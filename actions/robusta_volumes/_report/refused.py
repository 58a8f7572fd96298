"""What a webhook or a policy of the cluster says when it refuses: anybody's words, so quoted in the text and never a title."""

import re

from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.text import cited, plain

# Who refuses, and its words.
_DENIED = re.compile(
    r"""(?:(admission webhook "[^"]+") denied the request|(ValidatingAdmissionPolicy '[^']+').*? denied request)(.*)""",
    re.DOTALL,
)


def in_title(error: ClusterError, limit: int = 160) -> str:
    """Say in a title what an error is: who refuses, or the API server's own words."""
    denied = _DENIED.search(error.message)
    return f"{plain(denied[1] or denied[2], 100)} of this cluster refuses it" if denied else plain(error.message, limit)


def quote_of(error: ClusterError) -> str:
    """Quote what a webhook or a policy says; "" for what stands in the title."""
    denied = _DENIED.search(error.message)
    return f"It says: {cited(denied[3].strip(' :') or error.message, 400)}." if denied else ""

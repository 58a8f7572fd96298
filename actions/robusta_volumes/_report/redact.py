"""An API object as YAML for people, without what must not leave the cluster."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

REDACTED = "(redacted)"
_WORDS = (
    r"pass(?:word|wd|phrase|$)|pwd|secret|token|credential|bearer|authorization|private|keyring|signature"
    r"|(?:api|access|account|admin|encryption|master|shared|ssh|user)[-_.]?key"
)
_SECRET_KEY = re.compile(rf"(?i){_WORDS}")
# password=..., "password": "...", pass: ...; inside a text that is JSON the quotes may be escaped
_ASSIGNED = re.compile(
    rf"""(?i)(\b[\w.-]*(?:{_WORDS.replace("$", "(?![a-z])")}|(?<![a-z])sig(?![a-z]))[\w.-]*[\\"']*\s*[=:]\s*)"""
    r"""(?!//)(?:bearer\s+|basic\s+)?(\\*"[^"]*"|\\*'[^']*'|[^\s,;&"']+)"""
)
_BEARER = re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}")
_USER_INFO = re.compile(r"(://)[^/\s]+@")
_NOISE = ("managedFields", "selfLink", "kubectl.kubernetes.io/last-applied-configuration")


def redacted(value: Any, key: str = "") -> Any:
    """Copy a value without secrets: by key (all that is below one), by ``password=...`` in texts, by user in URLs."""
    if value is None or value == "" or isinstance(value, bool):
        return value  # an empty password is worth knowing, and no secret
    if _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, Mapping):
        named = str(value.get("name", ""))  # an entry of a list: {name: DB_PASSWORD, value: ...}
        return {k: redacted(v, named if k == "value" else str(k)) for k, v in value.items() if k not in _NOISE}
    if isinstance(value, list | tuple):
        return [redacted(item, key) for item in value]
    return _without_secrets(value) if isinstance(value, str) else value


def _without_secrets(text: str) -> str:
    text = _USER_INFO.sub(rf"\1{REDACTED}@", text)
    return _BEARER.sub(rf"\1{REDACTED}", _ASSIGNED.sub(rf"\1{REDACTED}", text))


_FIRST = ("apiVersion", "kind", "metadata")  # a list leaves out the first two of each item, so that they come last


def to_yaml(*objects: Mapping[str, Any]) -> bytes:
    """Write objects as one YAML file, secrets redacted; of a ``...SecretRef`` nothing of what it refers to is kept."""
    ordered = [{key: o[key] for key in _FIRST if key in o} | {**o} for o in objects]
    text: str = yaml.safe_dump_all([redacted(o) for o in ordered], sort_keys=False, allow_unicode=True, width=120)
    return text.encode(errors="replace")

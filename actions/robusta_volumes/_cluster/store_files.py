"""Recorded API objects: reading them from files as kubectl writes them, and moving them in time."""

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.times import UTC, parse_time

_SUFFIXES = {".json", ".yaml", ".yml"}
_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?:Z|[+-]\d\d:\d\d)$")
_SPACE = re.compile(r"\s*")
# The fields by which "now" of a recording is told: what the cluster itself stamped last.
_STAMPS = {"lastTimestamp", "eventTime", "creationTimestamp", "lastTransitionTime", "deletionTimestamp"}


class _Loader(yaml.SafeLoader):
    """YAML whose timestamps stay text, as they are in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (yaml looks for this very class attribute)
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(path: Path) -> list[Object]:
    """Read API objects from a file, or from all .json, .yaml and .yml files below a folder, in order of their names.

    Lists are unwrapped; items of a typed list (``PersistentVolumeClaimList``) get its apiVersion and kind.

    Raises SettingsError: naming the file and what is wrong with it.
    """
    if not path.exists():
        raise SettingsError(str(path), "does not exist")
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
        if not files:
            raise SettingsError(str(path), "holds no .json, .yaml or .yml file")
    return [found for file in files for document in _documents(file) for found in _unwrap(document, file)]


def _documents(file: Path) -> list[Any]:
    try:
        content = file.read_bytes()
        # PowerShell's ">" writes UTF-16, and other tools of Windows put a mark before UTF-8
        text = content.decode("utf-16" if content[:2] in {BOM_UTF16_LE, BOM_UTF16_BE} else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), f"cannot be read: {error}") from error
    try:
        if file.suffix == ".json":
            return list(_stream(text))
        return [document for document in yaml.load_all(text, Loader=_Loader) if document is not None]
    except json.JSONDecodeError as error:
        raise SettingsError(str(file), f"is not JSON: {error}") from error
    except yaml.YAMLError as error:
        raise SettingsError(str(file), f"is not YAML: {' '.join(str(error).split())}") from error


def _stream(text: str) -> Iterator[Any]:
    """Read one JSON document or several, one after the other, as ``kubectl get --watch -o json`` and jq write them."""
    decoder, at = json.JSONDecoder(), 0
    while at == 0 or at < len(text):
        document, end = decoder.raw_decode(text, _past_space(text, at))
        yield document
        at = _past_space(text, end)


def _past_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _unwrap(document: Any, file: Path) -> Iterator[Object]:
    if not isinstance(document, dict):
        raise SettingsError(str(file), f"holds {type(document).__name__} where an API object should be")
    kind = document.get("kind")
    if not (isinstance(kind, str) and kind.endswith("List") and "items" in document):
        yield _checked(document, file, "the object")
        return
    for number, item in enumerate(document["items"] or [], start=1):
        if not isinstance(item, dict):
            raise SettingsError(str(file), f"item {number} is not an API object")
        typed = {"apiVersion": document.get("apiVersion"), "kind": kind[: -len("List")]} if kind != "List" else {}
        yield from _unwrap(_checked(typed | item, file, f"item {number}"), file)


def _checked(item: Object, file: Path, where: str) -> Object:
    for field in ("apiVersion", "kind"):
        if not isinstance(item.get(field), str) or not item[field]:
            raise SettingsError(str(file), f"{where} has no {field}")
    metadata = item.get("metadata")
    if not item["kind"].endswith("List") and not (isinstance(metadata, dict) and isinstance(metadata.get("name"), str)):
        raise SettingsError(str(file), f"{where} ({item['kind']}) has no metadata.name")
    return item


def newest_time(objects: Iterable[Object]) -> datetime | None:
    """Give the newest time that the cluster stamped on any of the objects; None when there is none."""
    return max((moment for item in objects for moment in _stamps(item)), default=None)


def shift_times(objects: Sequence[Object], to: datetime) -> list[Object]:
    """Move every timestamp in all objects by the same amount, so that the newest stamp of the recording is ``to``.

    Only strings that are a timestamp as a whole are moved; digits after the second are kept as many as they were.
    Objects without any stamp come back as they are.
    """
    newest = newest_time(objects)
    by = to - newest if newest else timedelta(0)
    return [_mapped(item, lambda text: _moved(text, by)) for item in objects]


def _stamps(value: Any, key: str = "") -> Iterator[datetime]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _stamps(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _stamps(inner)
    elif key in _STAMPS and (moment := parse_time(value)):
        yield moment


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


def _moved(text: str, by: timedelta) -> str:
    match = _TIMESTAMP.match(text)
    moment = parse_time(text) if match else None
    if not match or moment is None:
        return text
    later = (moment + by).astimezone(UTC)
    fraction = match.group(1) or ""
    digits = f".{later.microsecond:06d}"[: len(fraction)].ljust(len(fraction), "0")
    return later.strftime("%Y-%m-%dT%H:%M:%S") + digits + "Z"

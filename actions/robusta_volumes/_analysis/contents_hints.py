"""What a folder's names say about the application, and what its operators usually do when it grows. Pure."""

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from robusta_volumes._model.contents import Entry, Found

_SHARE = 0.2  # of what is used, from which on a folder is worth advice


@dataclass(frozen=True)
class Hint:
    """``name`` of the folder or kind that was recognised, what it ``is``, how much it holds, and what is usual to ``do``."""

    name: str
    used: int
    is_what: str
    todo: str


@dataclass(frozen=True)
class _Known:
    """A folder by its last name, and the names of which at least one must be seen beside or above it."""

    name: re.Pattern[str]
    beside: frozenset[str]
    is_what: str
    todo: str


def _known(name: str, beside: str, is_what: str, todo: str) -> _Known:
    return _Known(re.compile(name), frozenset(beside.split()), is_what, todo)


_FOLDERS = (
    _known(
        "pg_wal|pg_xlog",
        "",
        "the write-ahead log of PostgreSQL",
        "a replication slot that nobody reads is the usual cause, then a failing archive_command: "
        "`select slot_name, active from pg_replication_slots;` and `select * from pg_stat_archiver;`. Never delete its files",
    ),
    _known(
        "pgsql_tmp",
        "base",
        "temporary files of PostgreSQL queries",
        "bound them with `temp_file_limit`; a restart removes what is left over",
    ),
    _known(
        "wal|chunks_head",
        "wal chunks_head queries.active",
        "the write-ahead log of Prometheus",
        "it is cut every 2 hours; if it keeps growing, compaction fails: see `prometheus_tsdb_compactions_failed_total`",
    ),
    _known(
        "nodes|indices",
        "nodes",
        "indices of Elasticsearch or OpenSearch",
        "`GET _cat/indices?s=store.size:desc` tells which; "
        "let ILM delete old ones, and mind that at 95 % full they turn read-only",
    ),
    _known(
        "docker|blobs",
        "registry docker repositories",
        "layers of a container registry",
        "deleted tags free nothing until `registry garbage-collect` has run, with the registry read-only",
    ),
    _known("lost\\+found", "", "what a repair of the file system has found", "look at it by hand, then delete it"),
    _known(
        "diagnostic\\.data|journal",
        "WiredTiger",
        "the journal or diagnostics of MongoDB",
        "`storage.wiredTiger` bounds them; after deletes `compact` gives space back",
    ),
    _known(
        "crash-dumps?|heapdumps?|coredumps?|dumps?",
        "",
        "dumps of crashed processes",
        "keep the newest, delete the others, and see why it crashes",
    ),
    _known("logs?|pg_log", "", "log files", "rotate them, or write to standard output and keep them out of the volume"),
)
_BINLOG = re.compile(r"(?:^|/)[\w.-]*bin\.\d{6}$")
_KAFKA = re.compile(r"(?:^|/)(?P<topic>[\w.-]+)-\d+/\d{20}\.log$")
_TSDB = re.compile(r"(?:^|/)01[0-9A-HJKMNP-TV-Z]{24}(?:/|$)")


def hints(found: Found) -> tuple[Hint, ...]:
    """Recognise what is known, largest first; what holds little is left out."""
    least = found.used * _SHARE
    made = [hint for make in _FINDERS for hint in make(found)]
    best: dict[str, Hint] = {}
    for hint in made:
        if hint.used >= least and hint.used > 0:
            best.setdefault(hint.is_what, hint)
    return tuple(sorted(best.values(), key=lambda h: -h.used))


def _folders(found: Found) -> list[Hint]:
    names = {part for e in found.largest_folders for part in e.name.split("/")}
    names |= {e.name.rpartition("/")[2] for e in found.largest_files}
    return [
        Hint(e.name, e.used, one.is_what, one.todo)
        for e in found.largest_folders
        for one in _FOLDERS
        if one.name.fullmatch(e.name.rpartition("/")[2]) and _seen(one, e.name.rpartition("/")[2], names)
    ]


def _seen(one: _Known, last: str, names: AbstractSet[str]) -> bool:
    """Tell whether the names that make sure of it are there, too."""
    return not one.beside or bool((one.beside - {last}) & names)


def _binlogs(found: Found) -> list[Hint]:
    logs = [e for e in found.largest_files if _BINLOG.search(e.name)]
    todo = (
        "let `binlog_expire_logs_seconds` remove them, or `PURGE BINARY LOGS BEFORE ...` once every replica has read them; "
        "never delete the files"
    )
    return [_sum(logs, "MySQL or MariaDB binary logs", todo, "*bin.NNNNNN")] if logs else []


def _kafka(found: Found) -> list[Hint]:
    segments = [e for e in found.largest_files if _KAFKA.search(e.name)]
    if not segments:
        return []
    by_topic: dict[str, int] = {}
    for e in segments:
        if seen := _KAFKA.search(e.name):
            by_topic[seen["topic"]] = by_topic.get(seen["topic"], 0) + e.used
    topic = max(by_topic, key=lambda name: by_topic[name])
    todo = (
        "`retention.ms` and `retention.bytes` of the topic decide how much stays; both count per partition, and the newest "
        "segment always stays"
    )
    return [_sum(segments, "log segments of Kafka", todo, f"{topic}-*")]


def _prometheus(found: Found) -> list[Hint]:
    blocks = [e for e in found.largest_folders if _TSDB.search(e.name) and e.name.count("/") <= 1]
    blocks = [e for e in blocks if not any(e.name.startswith(f"{o.name}/") for o in blocks)]
    todo = "`--storage.tsdb.retention.size` bounds them at about 80 % of the volume; retention by time alone never does"
    return [_sum(blocks, "blocks of Prometheus", todo, f"{len(blocks)} folders")] if blocks else []


def _sum(entries: Sequence[Entry], is_what: str, todo: str, name: str) -> Hint:
    return Hint(name, sum(e.used for e in entries), is_what, todo)


_FINDERS: tuple[Callable[[Found], list[Hint]], ...] = (_binlogs, _kafka, _prometheus, _folders)

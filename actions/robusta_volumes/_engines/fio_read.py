"""Read what a benchmark's pod wrote: what it said about itself, fio's JSON, and how operations per second went. Pure.

Whatever can be used is used: a section that failed, or that is not there, makes the result a partial one and no more.
"""

import json
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from robusta_volumes._engines.fio_job import MARK
from robusta_volumes._model.benchmark import MEASURED, SECTIONS, Measured, Ran, Way

_NS, _MS = 1e9, 1e3
_PERCENTILES = {"p50": "50.000000", "p95": "95.000000", "p99": "99.000000", "p999": "99.900000"}
_SYNC = "sync_write_4k"
_WAYS: tuple[Way, Way] = ("read", "write")
_THIRDS = 3
_FEWEST = 6  # values of one second: fewer have no first and last third to compare
_SAID = 600  # characters of other words that are kept


def read_measured(text: str) -> Measured:
    """Read the log of the pod."""
    said = {word: rest for word, rest, _ in reversed(_parts(text))}  # of each word the first
    found, where = _json(text)
    engine = said.get("engine", "").split()
    direct = engine[1:] != ["0"]
    falls = _falls(text)
    jobs = [job for job in found.get("jobs") or () if isinstance(job, Mapping)]
    ran = tuple(one for job in jobs for one in _rows(job, falls))
    there = {one.job for one in ran}
    return Measured(
        ran=ran,
        engine=" ".join(engine[:1]),
        direct=direct,
        refused=said.get("refused", ""),
        missing=tuple(name for name in MEASURED if name not in there),
        failed=tuple(str(job.get("jobname")) for job in jobs if job.get("error")),
        devices=tuple(str(d.get("name")) for d in found.get("disk_util") or () if isinstance(d, Mapping)),
        version=str(found.get("fio version") or ""),
        said=_other_words(text, where),
        json=text[slice(*where)] if found else "",
        pressure=said.get("pressure", ""),
    )


def _json(text: str) -> tuple[Mapping[str, Any], tuple[int, int]]:
    """Find fio's answer: the first object that has jobs; warnings may stand before it, and logs after it."""
    decoder, start = json.JSONDecoder(), text.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(found, Mapping) and isinstance(found.get("jobs"), list):
                return found, (start, end)
        start = text.find("\n{", start)
        start += start >= 0
    return {}, (0, 0)


def _rows(job: Mapping[str, Any], falls: Mapping[tuple[str, Way], float]) -> Iterator[Ran]:
    """Read both directions of a section, where it did anything; one that failed has told nothing."""
    name = str(job.get("jobname"))
    if name not in SECTIONS or job.get("error"):
        return
    for way in _WAYS:
        one = job.get(way)
        if not isinstance(one, Mapping) or not _number(one.get("total_ios")):
            continue
        sync = _block(_block(job, "sync"), "lat_ns")
        lat = sync if name == _SYNC and _number(sync.get("mean")) else _block(one, "clat_ns")
        whole = lat if lat is sync else _block(one, "lat_ns")
        mean, spread = _number(one.get("iops_mean")), _number(one.get("iops_stddev"))
        yield Ran(
            job=name,
            way=way,
            iops=_number(one.get("iops")) or 0.0,
            bytes=_number(one.get("bw_bytes")) or 0.0,
            total=int(_number(one.get("io_bytes")) or 0),
            seconds=(_number(one.get("runtime")) or 0.0) / _MS,
            mean=_seconds(whole.get("mean")),
            noise=spread / mean
            if mean and spread is not None and (_number(one.get("iops_samples")) or 0) > 1
            else None,
            fell=falls.get((name, way)),
            **{short: _seconds(_block(lat, "percentile").get(key)) for short, key in _PERCENTILES.items()},
        )


def _falls(text: str) -> Mapping[tuple[str, Way], float]:
    """Divide the last third of each section by its first third: what fell has used up its credit, or a cache."""
    names = list(SECTIONS)
    found: dict[tuple[str, Way], float] = {}
    for word, file, lines in _parts(text):
        number = [*file.split("."), ""][1]  # bench_iops.4.log: the fourth section
        if word != "iops" or not number.isdecimal() or not 0 < int(number) <= len(names):
            continue
        entries = [_entry(line) for line in lines]
        for code, way in enumerate(_WAYS):
            values = [value for value, of in entries if of == code]
            third = len(values) // _THIRDS
            if len(values) >= _FEWEST and (first := fmean(values[:third])):
                found[names[int(number) - 1], way] = fmean(values[-third:]) / first
    return found


def _parts(text: str) -> list[tuple[str, str, list[str]]]:
    """Cut the text at its marks: the word, what stands behind it, and the lines up to the next one."""
    parts: list[tuple[str, str, list[str]]] = [("", "", [])]
    for line in text.splitlines():
        if line.startswith(f"{MARK} "):
            word, _, rest = line[len(MARK) + 1 :].partition(" ")
            parts.append((word, rest.strip(), []))
        else:
            parts[-1][2].append(line)
    return parts


def _entry(line: str) -> tuple[float, int]:
    """Read "time, value, direction, ..."; direction -1 where it is none."""
    fields = [field.strip() for field in line.split(",")]
    if len(fields) < 3 or not (fields[1].isdecimal() and fields[2].isdecimal()):  # noqa: PLR2004 (what is read)
        return 0.0, -1
    return float(fields[1]), int(fields[2])


def _other_words(text: str, where: tuple[int, int]) -> str:
    """Keep what is neither result nor log: what fio or the shell complained about."""
    before = text[: where[0]] if where[1] else text
    lines = [line.strip() for line in before.splitlines() if not line.startswith(f"{MARK} ")]
    return " ".join(line for line in lines if line)[-_SAID:]


def _block(o: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = o.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _seconds(nanoseconds: object) -> float | None:
    found = _number(nanoseconds)
    return None if found is None else found / _NS

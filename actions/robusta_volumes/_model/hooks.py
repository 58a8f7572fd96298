"""The block ``hooks`` of a snapshot schedule: what runs in a pod before the data of its claim is cut, and after it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from robusta_volumes._model.checks import got, whole
from robusta_volumes._model.declare import block_of, setting

FAIL, CONTINUE = "fail", "continue"
_CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LONGEST = 60  # seconds: before, cut and after must fit into one tick, three times as long


def command(value: object) -> tuple[str, ...]:
    """Read a command as a list of words, as ``kubectl exec`` takes it after ``--``; there is no shell to split a string."""
    if not isinstance(value, list | tuple):
        wanted = 'a list of words such as [psql, -c, CHECKPOINT], or with a shell [sh, -c, "..."]'
        raise ValueError(f"must be {wanted}, {got(value)}")  # noqa: TRY004 (one kind of error for all)
    for item in value:
        if isinstance(item, bool) or not isinstance(item, str | int | float) or "\0" in str(item):
            raise ValueError(f"must be a list of words, {got(item)} is none; put it into quotes")
    found = tuple(str(item) for item in value)
    if found and not found[0].strip():
        raise ValueError("must begin with a program, got an empty word")
    return found


def _container(value: object) -> str:
    if value == "" or (isinstance(value, str) and _CONTAINER.fullmatch(value)):
        return str(value)
    raise ValueError(f"must be the name of a container, {got(value)}")


def _seconds(value: object) -> int:
    return whole(value, "seconds", 1, _LONGEST)


def _on_error(value: object) -> str:
    if value in (FAIL, CONTINUE):
        return str(value)
    raise ValueError(f"must be {FAIL} or {CONTINUE}, {got(value)}")


@dataclass(frozen=True)
class Hooks:
    """What runs in a running pod that mounts the claim. After an error, too, and when the runner dies, ``post`` runs."""

    pre: tuple[str, ...] = setting((), command, "command to run before the data is cut, word by word", "words")
    post: tuple[str, ...] = setting(
        (), command, "command to run as soon as it is cut, and whatever else happens; it may run twice", "words"
    )
    container: str = setting("", _container, "where they run; left out: the first one that mounts the claim", "name")
    timeout_seconds: int = setting(
        30, _seconds, "how long each of them may take, and how long the cut is waited for in between", "seconds"
    )
    on_error: str = setting(
        FAIL, _on_error, "fail makes no snapshot when pre cannot run or fails; continue makes one without it", "word"
    )


_BLOCK = block_of(Hooks())


def hooks(value: object) -> Hooks | None:
    """Read the block; nothing means no hooks."""
    if value is None or isinstance(value, Hooks):
        return value
    if isinstance(value, Mapping) and not value:
        return None
    found = _BLOCK(value)
    if not found.pre and not found.post:
        raise ValueError("has neither pre nor post: name at least one command, or leave hooks out")
    return found


def hook_keys() -> tuple[Any, ...]:
    """List the declared keys of the block, for the reference."""
    return fields(Hooks)

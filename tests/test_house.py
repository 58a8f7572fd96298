"""The rules of the house that no tool checks: sizes, what each layer may use, and how action modules are written."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "actions" / "robusta_volumes"
MODULES = sorted(PACKAGE.rglob("*.py"))
ACTION_MODULES = [path for path in MODULES if path.parent == PACKAGE and path.name != "__init__.py"]
CHECKED = ("actions", "tests", "tools", "benchmarks")
EVERYTHING = sorted(path for folder in CHECKED for path in (ROOT / folder).rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 250, 60

# The third-party packages that a part may import beside the standard library and our own package. What it may import of
# our own is in pyproject.toml (import-linter). The most specific entry counts.
CLUSTER_CLIENTS = {"kubernetes", "requests", "urllib3", "websocket", "prometrix", "botocore", "yaml"}
MAY_USE: dict[str, set[str]] = {
    "_model": set(),
    "_rules": set(),
    "_analysis": {"numpy", "croniter"},
    "_engines": set(),
    "_report": {"yaml"},
    "_report/charts": {"matplotlib", "numpy"},
    "_cluster": {"yaml"},
    "_cluster/live": CLUSTER_CLIENTS,
    "_workflows": set(),
    "_sandbox": {"aiohttp", "yaml", "requests"},
    "_cli": {"typer", "rich", "click", "yaml"},
    "_host": {"robusta", "hikaru", "pydantic", "yaml"},  # yaml: the runner's own configuration file
    "_instead_of_robusta": {"robusta"},
    "_data": set(),
    "__init__": set(),
    "": {"robusta"},
}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give line and dotted name of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}") for alias in node.names)


def _may_use(path: Path) -> set[str]:
    """Give what is allowed to a module: by the longest entry that its path starts with."""
    place = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return MAY_USE[max((entry for entry in MAY_USE if place.startswith(entry)), key=len)]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_fits_on_a_few_screens(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MODULE_LINES, f"{_name(path)} has {lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_function_fits_on_one_screen(path: Path) -> None:
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in _functions(ast.parse(path.read_text()))}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_our_own_package_is_not_imported_inside_a_function(path: Path) -> None:
    inside = [
        f"{_name(path)}:{line} {name}"
        for function in _functions(ast.parse(path.read_text()))
        for line, name in _imported(function)
        if name.startswith(("robusta_volumes", "."))
    ]
    assert inside == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_layer_uses_only_the_third_party_packages_that_are_its_own(path: Path) -> None:
    known = sys.stdlib_module_names | {"robusta_volumes"} | _may_use(path)
    used = {name.split(".")[0] for _, name in _imported(ast.parse(path.read_text()))}
    assert used - known == set(), f"{_name(path)} may use {sorted(_may_use(path)) or 'the standard library alone'}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_annotations_are_real_types_because_robusta_reads_them(path: Path) -> None:
    assert "__future__.annotations" not in {name for _, name in _imported(ast.parse(path.read_text()))}


def test_an_action_module_holds_actions_and_nothing_else() -> None:
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef)
    strange = [
        f"{_name(path)}:{node.lineno} {type(node).__name__}"
        for path in ACTION_MODULES
        for node in ast.parse(path.read_text()).body[1:]
        if not isinstance(node, allowed) or (isinstance(node, ast.FunctionDef) and not node.decorator_list)
    ]
    assert strange == []


def test_doubles_are_real_nobody_imports_mock() -> None:
    mocked = [
        f"{_name(path)}:{line} {name}"
        for path in EVERYTHING
        for line, name in _imported(ast.parse(path.read_text()))
        if name.startswith(("unittest.mock", "mock."))
    ]
    assert mocked == []


# What differs from one process to the next: each worker of pytest-xdist collects for itself, and all must find the same.
UNSTEADY = {
    "now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "uuid1", "uuid4", "random",
    "randint", "randrange", "uniform", "choice", "shuffle", "token_hex", "urandom", "getpid", "mkdtemp", "hash", "id",
}  # fmt: skip


def _collected(tree: ast.AST) -> Iterator[ast.AST]:
    """Give what runs when a test module is collected: all that stands in no function, and what functions are decorated with."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (inner for decorator in node.decorator_list for inner in ast.walk(decorator))
        elif not isinstance(node, ast.Lambda):
            yield node
            yield from _collected(node)


def _unsteady(tree: ast.AST) -> Iterator[str]:
    """Name the calls among it by which two workers may collect different tests."""
    for node in _collected(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        if name in UNSTEADY or (called == "gzip.compress" and "mtime" not in {word.arg for word in node.keywords}):
            yield f"{node.lineno} {called}"
        if name == "parametrize":
            yield from (f"{node.lineno} a set" for given in node.args if isinstance(given, ast.Set | ast.SetComp))


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=_name)
def test_all_workers_collect_the_same_tests(path: Path) -> None:
    assert list(_unsteady(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.parametrize('a', [gzip.compress(b'x')])\ndef test_a(a): ...",
        "CASES = [pytest.param(datetime.now(UTC))]",
        "@pytest.mark.parametrize('a', {'x', 'y'})\ndef test_a(a): ...",
        "class A:\n    MARK = str(uuid4())",
    ],
)
def test_what_two_workers_would_collect_differently_is_found(text: str) -> None:
    assert len(list(_unsteady(ast.parse(text)))) == 1


def test_what_runs_inside_a_test_and_a_compression_of_fixed_time_are_none_of_it() -> None:
    text = "X = gzip.compress(b'x', mtime=0)\nLATE = lambda: time.time()\ndef test_a():\n    assert uuid4() and datetime.now()"
    assert list(_unsteady(ast.parse(text))) == []

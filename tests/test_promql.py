"""How questions to Prometheus are written: whatever a name holds, it stays a name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robusta_volumes._cluster import promql
from robusta_volumes._cluster.metric_batches import Batch, batches, by_names
from robusta_volumes._model.errors import Invalid

ANY = st.text(max_size=20)
KEYS = st.lists(st.tuples(st.sampled_from("abcdef"), ANY.filter(bool)), min_size=1, max_size=60, unique=True)


def unquoted(text: str) -> str:
    """Read a string as Go does, as far as we write it."""
    simple = {"n": "\n", "\\": "\\", '"': '"'}
    return re.sub(
        r"\\(x[0-9a-f]{2}|.)",
        lambda found: simple.get(found[1]) or chr(int(found[1][1:], 16)),
        text[1:-1],
        flags=re.DOTALL,
    )


@given(ANY)
def test_a_quoted_text_reads_back_as_itself(text: str) -> None:
    written = promql.string(text)
    assert not re.search(r"[{}\n]", written)
    assert not re.search(r'(?<!\\)(?:\\\\)*"', written[1:-1])  # nothing inside ends it
    assert unquoted(written) == re.sub("[\ud800-\udfff]", "\x1a", text)


@given(st.lists(ANY, min_size=1, max_size=5), ANY)
def test_a_pattern_matches_its_names_and_nothing_else(names: list[str], other: str) -> None:
    pattern = re.compile(promql.pattern(names))
    assert all(pattern.fullmatch(name) for name in names)
    assert bool(pattern.fullmatch(other)) == (other in names)


@given(KEYS)
def test_groups_select_all_claims_and_no_more_than_the_same_names_elsewhere(keys: list[tuple[str, str]]) -> None:
    selected = [{label: (op, value) for label, op, value in group} for group in promql.groups(keys)]

    def matches(key: tuple[str, str]) -> bool:
        values = {"namespace": key[0], "persistentvolumeclaim": key[1]}
        return any(
            all(
                values[label] == text if op == "=" else re.fullmatch(text, values[label])
                for label, (op, text) in one.items()
            )
            for one in selected
        )

    assert all(matches(key) for key in keys)
    every = {(namespace, name) for namespace, _ in keys for _, name in keys}
    assert len(selected) <= 16
    if len({namespace for namespace, _ in keys}) <= 16:
        assert {key for key in every if matches(key)} == set(keys)


def test_robustas_own_way_to_add_labels_would_hit_selectors_alone() -> None:
    query = promql.daily(promql.USED, "max", [promql.within(["a{1}", "b"])])
    labelled = query.replace("}", ', cluster="blue"}')
    assert labelled.count('cluster="blue"') == 1
    assert promql.plain(promql.USED, ()).count("{}") == 1  # braces even where nothing is selected


def test_labels_of_robustas_configuration_become_matchers() -> None:
    assert promql.selector("x", promql.labelled({"cluster": 'a"b'})) == 'x{cluster="a\\"b"}'
    with pytest.raises(Invalid) as error:
        promql.labelled({"not-a-label": "x"})
    assert error.value.remedy == "correct `globalConfig.prometheus_additional_labels`"


def test_whole_namespaces_go_into_one_question_and_a_large_one_is_asked_for_by_name() -> None:
    claims = {"big": [f"d{n}" for n in range(1200)], "a": ["x"] * 400, "b": ["y"] * 500, "c": ["z"] * 600}
    made = batches(claims, batch=1000)
    assert [len(one.keys) for one in made] == [500, 500, 200, 0, 0]
    assert [one.namespaces for one in made] == [["big"], ["big"], ["big"], ["a", "c"], ["b"]]


def test_a_question_is_cut_down_to_fifty_claims() -> None:
    part, sizes = by_names([("a", f"d{n}") for n in range(400)]), [400]
    while part:
        part = part[0].halves({})
        sizes += [len(part[0].keys)] if part else []
    assert sizes == [400, 200, 100, 50]


def test_a_question_about_the_whole_cluster_is_cut_by_what_is_known_of_it() -> None:
    known = {"a": ["x"] * 30, "b": ["y"] * 40, "c": ["z"] * 10}
    assert [half.namespaces for half in Batch().halves(known)] == [["a", "b"], ["c"]]
    assert Batch().halves({}) == []

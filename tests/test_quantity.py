"""Kubernetes quantities, and sizes for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robusta_volumes._model.quantity import as_quantity, bytes_of, gib, parse_quantity

GI, MI = 1024**3, 1024**2


@pytest.mark.parametrize(
    ("written", "units"),
    [
        ("0", 0),
        ("10", 10),
        ("10Ki", 10 * 1024),
        ("64Mi", 64 * MI),
        ("10Gi", 10 * GI),
        ("2Ti", 2 * 1024 * GI),
        ("1Pi", 1024**2 * GI),
        ("1Ei", 1024**3 * GI),
        ("10k", 10_000),
        ("1M", 10**6),
        ("1G", 10**9),
        ("1T", 10**12),
        ("1P", 10**15),
        ("1E", 10**18),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12e-1", 2),
        (".5Gi", GI // 2),
        ("1.5Gi", GI + GI // 2),
        ("5.", 5),
        ("+5", 5),
        ("-1", -1),
        ("1500m", 2),
        ("1u", 1),
        ("1n", 1),
        (7, 7),
        (1e3, 1000),
    ],
)
def test_every_form_of_kubernetes_is_read(written: str | float, units: int) -> None:
    assert parse_quantity(written) == units


@pytest.mark.parametrize(
    ("written", "units"), [("0.1", 1), ("1.0000001", 2), ("999m", 1), ("0.5Ki", 512), ("-1.5", -2)]
)
def test_fractions_are_rounded_away_from_zero(written: str, units: int) -> None:
    assert parse_quantity(written) == units


@pytest.mark.parametrize(
    "written", ["", "Gi", "10 Gi", "10gi", "10GiB", "ten", "1e", "0x10", "1_000", "\u0661\u0660", "--1", "1e3Gi", "."]
)
def test_anything_else_is_an_error_that_shows_it(written: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity such as 10Gi"):
        parse_quantity(written)


@pytest.mark.parametrize("written", ["1e999999999", "9" * 5000, "8Ei", "1e9999999999999999999"])
def test_a_huge_quantity_is_capped_or_refused_but_never_computed(written: str) -> None:
    assert bytes_of(written) in {2**63 - 1, None}


def test_a_tiny_quantity_is_one_unit() -> None:
    assert (parse_quantity("1e-999999999"), parse_quantity("0e999999999")) == (1, 0)


@pytest.mark.parametrize("held", [None, True, [], {}, "many", float("nan"), float("inf")])
def test_a_field_that_holds_no_quantity_is_unknown(held: object) -> None:
    assert bytes_of(held) is None


@given(st.integers(0, 2**62))
def test_what_is_written_for_a_manifest_reads_back_as_the_same(size: int) -> None:
    assert parse_quantity(as_quantity(size)) == size


@pytest.mark.parametrize(
    ("size", "written"), [(0, "0"), (10 * GI, "10Gi"), (1536 * MI, "1536Mi"), (1000, "1000"), (2048, "2Ki")]
)
def test_a_manifest_gets_the_shortest_exact_form(size: int, written: str) -> None:
    assert as_quantity(size) == written


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "unknown"),
        (0, "0.0 GiB"),
        (1, "1 byte"),
        (10, "10 bytes"),
        (64 * MI, "64.0 MiB"),
        (100 * MI, "100.0 MiB"),
        (512 * MI, "0.5 GiB"),
        (10 * GI, "10.0 GiB"),
        (2048 * GI, "2,048.0 GiB"),
    ],
)
def test_people_read_gib_with_one_decimal(size: int | None, words: str) -> None:
    assert gib(size) == words


@given(st.integers(1, 2**63))
def test_what_is_there_never_reads_as_zero(size: int) -> None:
    assert not gib(size).startswith("0.0 ")


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_no_field_is_too_strange_to_be_looked_at(held: object) -> None:
    assert isinstance(bytes_of(held), int | None)

"""How people say how large a claim is to be."""

import pytest

from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.size import largest, size


@pytest.mark.parametrize(
    ("written", "today", "wanted"),
    [
        ("160Gi", 100 * GIB, 160 * GIB),
        ("+20%", 100 * GIB, 120 * GIB),
        ("+ 50 %", 5 * GIB, 8 * GIB),  # 7.5, rounded up
        ("+1%", GIB // 2, GIB),
        ("+1000%", GIB, 11 * GIB),
        (171798691840, 100 * GIB, 160 * GIB),
        (" 1Ti ", GIB, 1024 * GIB),
    ],
)
def test_a_size_is_absolute_or_so_much_more_of_what_there_is(written: object, today: int, wanted: int) -> None:
    assert size(written).beyond(today) == wanted


@pytest.mark.parametrize("written", ["", "much", "+20", "20%", "-20%", "-5Gi", "0", "+5Gi", True, None, "+2.5%"])
def test_what_is_no_size_is_answered_with_examples(written: object) -> None:
    with pytest.raises(ValueError, match=r"must be a size such as 160Gi, or more of what there is such as \+20%"):
        size(written)


@pytest.mark.parametrize("written", ["+0%", "+2000%"])
def test_a_slip_of_the_finger_is_not_a_size(written: str) -> None:
    with pytest.raises(ValueError, match=r"from \+1% to \+1000%"):
        size(written)


def test_a_bound_may_be_left_open() -> None:
    assert [largest(v) for v in (None, "", " 1Ti ", 1024)] == ["", "", "1Ti", "1024"]
    for wrong in ("big", "-1Gi", "0", True):
        with pytest.raises(ValueError, match="must be a size such as 1Ti, or empty"):
            largest(wrong)

"""Foreign text is harmless in chats and shells."""

import shlex
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robusta_volumes._model.text import cited, code, count, listing, nearest, plain, quoted

ANY = st.text(st.characters(codec=None, categories=None), max_size=400)


@given(ANY, st.integers(1, 400))
@example("<!channel> <@U1> *bold* ~gone~ `code` a|b\nnext\x1b[31m", 300)
@example("\u202egnp.exe \u2028 \x85 \x9b31m \ufeff \ud800", 300)
@example("[click](http://evil.example)", 300)
@example("](](", 300)
def test_plain_leaves_no_markup_no_line_break_no_control_character_and_no_mention(text: str, limit: int) -> None:
    made = plain(text, limit)
    assert not set(made) & set("<>`*~|\n\r\t")
    assert "](" not in made
    assert not [c for c in made if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert len(made) <= limit
    made.encode()


def test_plain_keeps_what_people_write() -> None:
    message = 'failed to mount volumes=[data]: exit status 32: "permission_denied" (node-1, 10 %)'
    assert plain(message) == message


def test_plain_makes_one_line_and_says_that_it_cut() -> None:
    assert plain("a\n\n  b\tc") == "a b c"
    assert plain("volume " * 100, 20) == "volume volume volum…"


def test_a_quotation_in_a_quotation_does_not_end_it() -> None:
    message = 'error getting deleter volume plugin for volume "will-fail": no deletable volume plugin matched'
    assert cited(message) == (
        "\"error getting deleter volume plugin for volume 'will-fail': no deletable volume plugin matched\""
    )


def test_plain_takes_any_object() -> None:
    assert plain(None) == "None"
    assert plain({"a": 1}) == "{'a': 1}"


@given(ANY)
@example("a`b")
@example("```\n<!here>")
@example("")
def test_code_never_breaks_out_of_its_span(text: str) -> None:
    made = code(text)
    assert made[0] == made[-1] == "`"
    assert len(made) > 2
    assert not set(made[1:-1]) & set("`<>\n\r")


@given(st.text(st.characters(exclude_characters="\x00"), max_size=200))
@example("a'b; rm -rf / $(x) `y` \\")
@example("")
def test_quoted_is_one_word_for_a_shell_whatever_it_is(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]


def test_the_nearest_name_comes_first() -> None:
    assert nearest("stanard", ["premium", "standard", "standart"])[0] == "standard"
    assert nearest("standrad", ["standard"], alike=0.95) == []
    assert nearest("zzz", ["standard"]) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d", "e"], "a, b, c and 2 more")],
)
def test_a_list_stays_short(names: list[str], words: str) -> None:
    assert listing(names, 3) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 volumes"), (1, "1 volume"), (1234, "1,234 volumes")])
def test_a_count_has_its_plural(number: int, words: str) -> None:
    assert count(number, "volume") == words

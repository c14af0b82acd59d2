from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from tlscope.wire.tls.meaning.offers import Offer
from tlscope_ui.telling import offers
from tlscope_ui.telling.offers import offer_table
from tlscope_ui.text import columns, visible

ROW = Offer("groups", ("GREASE", "x25519", "secp256r1"), ("secp256r1", "x25519", "new"), "x25519", "a, b", "Ours.")


def plain(row, width=60):
    return ["".join(part if isinstance(part, str) else part.text for part in line) for line in offer_table(row, width)]


def test_each_item_has_its_places_and_whether_it_was_chosen():
    """By the client's order first; then what was added on the way, and what was chosen though nobody offered it."""
    head, *rows, note = plain(ROW)
    assert ["≠", "groups", "offered", "sent", "on", "chosen", "answered"] == head.split()
    assert [
        ["GREASE", "1", "-", "-", "-"],
        ["x25519", "2", "2", "✓", "-"],
        ["secp256r1", "3", "1", "-", "-"],
        ["new", "-", "3", "-", "-"],
        ["a", "-", "-", "-", "✓"],
        ["b", "-", "-", "-", "✓"],
    ] == [row.split() for row in rows]
    assert "    Ours." == note


def test_what_was_chosen_whole_is_no_list():
    """A name that a peer offered may have a comma in it."""
    rows = plain(Offer("application protocols", ("a, b", "c"), ("c",), "a, b", "c"))[1:]
    assert [["a,", "b", "1", "-", "✓", "-"], ["c", "2", "1", "-", "✓"]] == [row.split() for row in rows]


def test_where_both_are_alike_two_lines_say_it():
    """Nothing is compared."""
    assert ["  ✓ groups", "    both:     x25519", "    chosen:   x25519"] == plain(
        Offer("groups", ("x25519",), ("x25519",), "x25519", "x25519")
    )


def test_where_both_are_alike_all_names_are_shown_to_whoever_asks():
    """Else a few, and how to see the others."""
    names = tuple(f"group {number}" for number in range(10))
    row = Offer("groups", names, names, "group 1", "group 1")
    assert "… and 4 more (--all names them)" in "".join(plain(row))
    lines = ["".join(line) for line in offer_table(row, 60, whole=True) if all(isinstance(part, str) for part in line)]
    assert f"both: {', '.join(names)} chosen: group 1" == " ".join(" ".join(lines).split())


def test_what_nobody_answers_has_no_columns_for_it():
    """A fingerprint is neither chosen nor answered."""
    head, *rows = plain(Offer("JA4", ("t13d",), ("t13i",), "", "", choosable=False))
    assert ["≠", "JA4", "offered", "sent", "on"] == head.split()
    assert [["t13d", "1", "-"], ["t13i", "-", "1"]] == [row.split() for row in rows]


def test_a_hello_without_end_is_cut(monkeypatch):
    """And it says how much there is."""
    monkeypatch.setattr(offers, "MAX_ITEMS", 2)
    assert ["        … and 2 more"] == plain(ROW._replace(chosen="", answered=""))[3:4]


@given(st.lists(hostile.text), st.lists(hostile.text), hostile.text, st.integers(70, 120))
@settings(max_examples=100)
def test_no_line_is_wider_than_there_is_room(offered, sent_on, chosen, width):
    """Whatever peers offer, and nothing drives a terminal."""
    for line in plain(Offer("groups", tuple(offered), tuple(sent_on), chosen, "-"), width):
        assert columns(visible(line)) <= width

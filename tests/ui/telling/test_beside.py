from support.certificates import UpstreamCA
from tlscope_ui.telling.beside import MAX_LINES, Pair, beside
from tlscope_ui.telling.chains import Held, Shown
from tlscope_ui.telling.flow import Flow
from tlscope_ui.text import columns


def pair(directory, *names):
    made = []
    for number, name in enumerate(names):
        (directory / str(number)).mkdir()
        made.append(UpstreamCA(directory / str(number)).issue("a", *([name] if isinstance(name, str) else name)).der)
    return made


def flow(server, ours, width=120, *chosen):
    made = Flow(lambda wide: beside(Shown(tuple(server), tuple(ours), (), "x", 1.8e9), wide, *chosen))
    made.fit(width)
    return made


def plain(made, width=120):
    return [
        "".join(part if isinstance(part, str) else part.text for part in made.line(y, width)) for y in range(len(made))
    ]


def styles(made, word):
    y = next(y for y, line in enumerate(plain(made)) if word in line)
    return {part.style for part in made.line(y, 120) if not isinstance(part, str)}


def test_each_part_is_compared_and_said_in_a_word(tmp_path):
    """What differs is lit, as a fault where a stand-in should not differ; with a sentence on why."""
    real, forged = pair(tmp_path, "localhost", "elsewhere.example")
    made = flow([real], [forged])
    lines = "\n".join(plain(made))
    for expected in (
        "✓ same     version",
        "≠ differs  serialNumber",
        "the same",
        "≠ differs  SHA-256",
        "two certificates of one may not share it",
    ):
        assert expected in lines
    assert {"good", "dim"} == styles(made, "version")
    assert "strong" in styles(made, "serialNumber")
    assert "bad" in styles(made, "subjectAltName")


def test_chains_of_different_lengths(tmp_path):
    """What only one of them has, is said of that; each line leads to either, or to the only one."""
    real, other = pair(tmp_path, "localhost", "localhost")
    for server, ours, word in (([real, other], [other], "- lacks"), ([real], [other, real], "+ added")):
        made = flow(server, ours)
        lines = plain(made)
        assert 1 == sum("2 of 2" in line for line in lines)
        assert f"  {word}" in "\n".join(lines[-10:])
        first, last = made.about(3), made.about(len(made) - 1)
        assert Pair(Held("server", 0, server[0]), Held("ours", 0, ours[0])) == first
        assert (first.server, first.ours) == (first.of(0), first.of(1))
        assert last.of(0) == last.of(1) is not None


def test_the_chosen_side_is_marked(tmp_path):
    """In the title, where one is chosen; below it stands how."""
    real, forged = pair(tmp_path, "localhost", "localhost")
    assert "▸ The server's" in plain(flow([real], [forged], 120, 0))[0]
    assert "▸ Ours" in plain(flow([real], [forged], 120, 1, "h or l"))[0]
    assert "h or l" == plain(flow([real], [forged], 120, 1, "h or l"))[1].strip()
    assert not any("▸" in line for line in plain(flow([real], [forged])))


def test_nothing_breaks_the_columns(tmp_path):
    """Long values go on below, up to a limit; what cannot be read is said; no line is wider than there is room."""
    many = [f"{'x' * 50}.{number}.example" for number in range(200)]
    real, forged = pair(tmp_path, many, many[:100])
    for width in (100, 133, 250):
        made = flow([real, b"junk"], [forged, real], width)
        assert all(columns(line) <= width for line in plain(made, width))
    lines = plain(made)
    assert any("cannot be read" in line for line in lines)
    lines = plain(flow([forged, real], [forged]))
    names = next(y for y, line in enumerate(lines) if "- lacks    names" in line)
    assert " …" in lines[names + MAX_LINES - 1]
    assert "- lacks    valid" in lines[names + MAX_LINES]

from pathlib import Path

from mirror import missing


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_source_without_a_test_is_found(tmp_path):
    """Each root has its folder among the tests, without the name of the package."""
    touch(tmp_path, "ca/tlscope_ca/x.py", "proxy/tlscope/a/b.py", "ui/tlscope_ui/cli/x.py", "tests/proxy/a/test_b.py")
    expected = [("ca/tlscope_ca/x.py", "tests/ca/test_x.py"), ("ui/tlscope_ui/cli/x.py", "tests/ui/cli/test_x.py")]
    assert [(Path(source), Path(test)) for source, test in expected] == missing(tmp_path)


def test_a_package_needs_no_test(tmp_path):
    """Its `__init__` is a map, its `__main__` a door."""
    touch(tmp_path, "ca/tlscope_ca/__init__.py", "ui/tlscope_ui/__main__.py", "ui/tlscope_ui/cli/data.json")
    assert missing(tmp_path) == []

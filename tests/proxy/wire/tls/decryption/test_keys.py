"""Steps of derivations."""

from tlscope.wire.tls.decryption.keys import DERIVED, Step, logged


def test_a_step_says_where_it_comes_from():
    """Derived of its inputs, or from a key log with the label of its line."""
    assert DERIVED == Step("a", "f(b)", (("b", b"\1"),), b"\2", "RFC").source
    step = logged("master_secret", b"\1", "CLIENT_RANDOM", "PRF(...)", "RFC 5246 section 8.1")
    assert Step("master_secret", "PRF(...)", (), b"\1", "RFC 5246 section 8.1", "key log: CLIENT_RANDOM") == step

"""What holds for all tests."""

from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("tlscope", deadline=None)
settings.load_profile("tlscope")


def pytest_make_parametrize_id(val, argname):
    """Long bytes are called by their argument: some hold the time, and workers must collect the same names."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None

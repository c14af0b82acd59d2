"""Fuzz the targets, one after the other, each in a process of its own: `make fuzz ARGS="x509 query --seconds 60"`.

atheris, which is libFuzzer for Python, follows which branches an input takes and keeps those that took new ones; what
it has kept lies in .fuzz/corpus and is where the next run goes on. An input that made a target raise, hang or eat
memory is written to .fuzz/found; to see what it does: `.fuzz/bin/python tests/fuzz/run.py NAME --replay FILE`.

It is no dependency of tlscope's: the Makefile gives it a virtual environment of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".fuzz"
MAX_LENGTH = 8192
"""Bytes of an input: longer than any message of a handshake but a long chain, and short enough to be quick."""
MEMORY = 1024
"""MiB; the interpreter with everything loaded takes some 150."""
HANG = 10
"""Seconds that one input may take: a thousand times what one of MAX_LENGTH should under instrumentation."""
SECONDS = 20


def main():
    """Fuzz what is asked for; 1 if anything was found, or nothing could be run."""
    asked = _parser().parse_args()
    sys.path[:0] = [str(ROOT / part) for part in ("proxy", "ui", "ca", "tests")]
    try:
        import atheris  # noqa: PLC0415 - its absence is told in words
    except ImportError as error:
        print(
            f"no fuzzing without atheris: {error}\nget it: make fuzz, with a Python that it is made for",
            file=sys.stderr,
        )
        return 1
    if asked.replay:
        from fuzz.targets import TARGETS  # noqa: PLC0415 - found by the path that was just set

        TARGETS[asked.targets[0]].run(asked.replay.read_bytes())
        return 0
    if asked.child:
        return _fuzz(atheris, asked.targets[0], asked.seconds)
    return _each(asked)


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="NAME", help="targets by name; all, without")
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"for each target (default: {SECONDS})")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="give this input to the one target named")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser


def _each(asked):
    from fuzz.targets import TARGETS  # noqa: PLC0415 - found by the path that was just set

    if unknown := set(asked.targets) - TARGETS.keys():
        print(f"no such target: {', '.join(sorted(unknown))}\nthere are: {', '.join(TARGETS)}", file=sys.stderr)
        return 1
    bad = []
    for name in asked.targets or TARGETS:
        command = [sys.executable, __file__, name, "--child", "--seconds", str(asked.seconds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        said = done.stdout.decode("utf-8", "replace").splitlines()
        ended = next((line for line in reversed(said) if line.startswith("Done ")), "no end")
        print(f"{'FOUND' if done.returncode else 'ok':5} {name}: {ended}", flush=True)
        if done.returncode:
            bad.append(name)
            print("\n".join(said[-60:]))
    print(f"found something in: {', '.join(bad)}; see {PLACE / 'found'}" if bad else "nothing found")
    return 1 if bad else 0


def _fuzz(atheris, name, seconds):
    """One target, in this process, which ends in it."""
    with atheris.instrument_imports(include=["tlscope"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - imports are what is instrumented
    target = TARGETS[name]
    corpus, seeds, found = (PLACE / kind / name for kind in ("corpus", "seeds", "found"))
    for folder in (corpus, seeds, found):
        folder.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        (seeds / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    limits = [f"-max_len={MAX_LENGTH}", f"-rss_limit_mb={MEMORY}", f"-timeout={HANG}", f"-max_total_time={seconds}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={found}/", str(corpus), str(seeds)], target.run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`tlscope record`: the recorder, without a screen.

On standard output: one line of JSON when it listens, one when it has stopped. Everything else goes to standard error.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from platformdirs import user_data_path

from tlscope import config as configuration
from tlscope.capture import directory
from tlscope.config import Config, ConfigError, OnFull, UpstreamInvalid
from tlscope.faults import Fault
from tlscope_ui.cli import configfile
from tlscope_ui.cli.captures import PATH
from tlscope_ui.cli.output import Failure
from tlscope_ui.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.engine.recorder import Recorder

GC_EVERY = 50_000
"""Objects made and not yet freed after which the collector looks for cycles."""
CANNOT_LISTEN, CA_PROBLEM = 4, 5
"""Exit codes (design: The command line)."""


class Parsed(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """An option whose text a function of tlscope.config understands."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The parsed value; what cannot be parsed ends in exit code 2, with a suggestion."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ConfigError as error:
            self.fail(f"{error}; {error.next}" if error.next else str(error), param, ctx)


FILE = click.Path(dir_okay=False, path_type=Path)
GLOB: dict[str, Any] = {"type": Parsed("glob", configuration.parse_glob), "multiple": True, "metavar": "GLOB"}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a recorder, for each command that starts one."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("-c", "--capture", type=PATH, metavar="DIR", help="Where to record (default: a new capture)."),
    click.option(
        "-l",
        "--listen",
        type=Parsed("address", configuration.parse_address),
        multiple=True,
        metavar="ADDRESS:PORT",
        help="Where to listen (default 127.0.0.1:8080; port 0: any that is free). Repeatable.",
    ),
    click.option(
        "-m",
        "--mode",
        type=Parsed("mode", configuration.parse_mode),
        default="explicit",
        metavar="MODE",
        help="explicit (HTTP, SOCKS, TLS by its SNI), or reverse:https://HOST:PORT, tls://, tcp://.",
    ),
    click.option("--passthrough", **GLOB, help="Relay the TLS of these hosts untouched. Repeatable."),
    click.option("--only", **GLOB, help="Intercept these hosts and pass all others through. Repeatable."),
    click.option("--refuse", **GLOB, help="Do not connect to these hosts. Repeatable."),
    click.option(
        "-k", "--insecure-upstream", **GLOB, help="Show these hosts' certificates as valid even if they are not."
    ),
    click.option(
        "--upstream-invalid",
        type=click.Choice(UpstreamInvalid, case_sensitive=False),
        default=UpstreamInvalid.MIRROR,
        show_default=True,
        help="What to do when a server's certificate does not verify.",
    ),
    click.option(
        "--ca-file", type=FILE, multiple=True, metavar="PEM", help="Trust these roots for servers, too. Repeatable."
    ),
    click.option(
        "--client-cert",
        type=Parsed("certificate", configuration.parse_client_certificate),
        multiple=True,
        metavar="HOST=PEM",
        help="Answer a server that asks for a certificate. Repeatable.",
    ),
    click.option(
        "--keylog", type=FILE, metavar="FILE", help="Append the secrets of both legs to FILE (SSLKEYLOGFILE)."
    ),
    click.option("--ciphertext", is_flag=True, help="Keep all ciphertext, not only that of the handshakes."),
    click.option(
        "--keep",
        type=Parsed("size", configuration.parse_size),
        default="4G",
        metavar="SIZE",
        show_default=True,
        help="Disk budget of the journal; the oldest segments go first.",
    ),
    click.option(
        "--on-full",
        type=click.Choice(OnFull, case_sensitive=False),
        default=OnFull.RELAY,
        show_default=True,
        help="When the disk is full: go on unrecorded, or close every connection.",
    ),
    click.option("--allow-remote", is_flag=True, help="Allow addresses that other machines reach."),
)


@click.command(name="record", cls=click.RichCommand)
@configfile.option
@options
def command(**given: Any) -> None:
    """Record what passes, without a screen.

    Point a program at the address that is printed, and let it trust the CA that `tlscope ca path` names. Ctrl-C stops.
    """
    config = build(**given)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr, level=logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Visible("%(asctime)s %(message)s", "%H:%M:%S"))
    from tlscope.engine.loop import new_loop  # noqa: PLC0415 - a wrong call is answered without the engine

    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_record(config))
    except Fault as fault:
        raise Failure(fault.what, fault.next, CANNOT_LISTEN if fault.code == "cannot-listen" else 1) from None
    except OSError as error:
        hint = (
            "name another file with --keylog"
            if error.filename in {config.keylog, str(config.keylog)}
            else "name another directory with -c"
        )
        raise Failure(f"{error.filename or config.capture}: {error.strerror}", hint) from None


class _Visible(logging.Formatter):
    """Log lines quote peers."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(visible(line) for line in super().format(record).split("\n"))


def build(**given: Any) -> Config:
    """The configuration that options describe; an impossible one ends in exit code 2."""
    given["ca_files"], given["client_certificates"] = given.pop("ca_file"), given.pop("client_cert")
    # Absolute, as who reads of it may be elsewhere.
    given["capture"] = (given["capture"] or directory.default_root() / directory.new_name()).absolute()
    if not given["listen"]:
        del given["listen"]
    try:
        return Config(authority=user_data_path("tlscope") / "ca", **given)
    except ConfigError as error:
        raise click.UsageError(f"{error}; {error.next}") from None


async def _record(config: Config) -> None:
    recorder = start(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, recorder.stop)
    told: dict[str, Any] = {
        "listening": [str(address) for address in recorder.listening],
        "capture": str(config.capture),
        "ca": str(recorder.authority.path),
    }
    _say(told)
    if only := recorder.authority.only:
        logging.getLogger("tlscope").warning(
            "the CA vouches for nothing but %s: clients refuse what they are shown for other hosts "
            "(tlscope ca rotate --any lifts that)",
            ", ".join(only),
        )
    # All that is loaded now stays until the end: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    # Connections leave no reference cycles (a test sees to it): looking for them after every 700 objects is in vain.
    gc.set_threshold(GC_EVERY)
    await recorder.run()
    last: dict[str, Any] = {"recorded": recorder.recorded, "capture": str(config.capture)}
    if recorder.journal.stopped:
        last["stopped"] = recorder.journal.stopped
    _say(last)


def start(config: Config) -> Recorder:
    """A recorder that listens, on the running loop; CA problems end in exit code 5."""
    # OpenSSL and cryptography are loaded here and not above: `--help` needs neither.
    from tlscope.engine.recorder import Recorder  # noqa: PLC0415 (see above)
    from tlscope_ca.authority import AuthorityError  # noqa: PLC0415 (see above)
    from tlscope_ca.roots import RootsError  # noqa: PLC0415 (see above)

    recorder = Recorder(config)
    try:
        recorder.start()
    except (AuthorityError, RootsError) as error:
        raise Failure(error.what, error.next, CA_PROBLEM) from None
    return recorder


def _say(told: dict[str, Any]) -> None:
    try:
        print(json.dumps(told), flush=True)
    except BrokenPipeError:  # who started us reads no more; that is no reason to stop recording
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

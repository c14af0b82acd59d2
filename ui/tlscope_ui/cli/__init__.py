"""The command line: one file a command, loaded when it is asked for.

    cli       the group: `tlscope COMMAND`; only the table below is needed to show its help
    output    where every line goes out
    captures  which capture a command reads
    asked     what `watch` tells of exchanges
    rows      what `list` tells besides connections
    views     what `show` tells besides events: `words` in words, `tabs` as the screen has it

`list`, `watch`, and `show` without a view, read the journal and import neither OpenSSL, nor cryptography, nor textual.
Exit codes: 0 ok, 1 run-time failure, 2 usage, 3 an audit found a client that accepts a bad certificate, 4 cannot
listen, 5 CA or trust problem.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import rich_click as click
from click import ClickException, UsageError
from click.exceptions import Abort

from tlscope import __version__
from tlscope_ui.cli.output import FULL, Failure, complain, flush, unwritable

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "record": "Record what passes, without a screen.",
    "connect": "Show how a client is sent through a recorder, and trusts it.",
    "control": "Ask a recorder how it is, change its policy, stop it.",
    "watch": "Show what happens, one line an event, live.",
    "open": "Look at a capture, or at a pcap or pcapng file.",
    "list": "List the connections of a capture, its exchanges, or its hosts.",
    "show": "Tell the whole story of one connection.",
    "search": "Find text in what passed.",
    "export": "Write a capture in a format of other tools.",
    "ca": "Show, make or replace the certificate authority.",
    "demo": "See it at work, offline.",
}
"""Each command lies in the module of its name, as the function `command`."""


OWN = frozenset({"-h", "--help", "--version"})
"""Options that are not those of a recorder."""


class Commands(click.RichGroup):
    """A group whose commands are imported when they are called, and whose errors say what to do next."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, help_ in COMMANDS.items():
            self.add_command(click.RichCommand(name=name, short_help=help_))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options without a command are those of `record`, which bare `tlscope` starts."""
        if args and args[0].startswith("-") and OWN.isdisjoint(args):
            ctx.obj, args = tuple(args), []
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As in the table, which is in the order of use."""
        del ctx
        return [*COMMANDS]  # `list` is the module here, once it is loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Put the real command in the place of the table's entry."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and command.name in COMMANDS:
            command = import_module(f"tlscope_ui.cli.{command.name}").command
        return name, command, rest

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's signature
        **extra: Any,
    ) -> Any:
        """Run, then exit; with `standalone_mode` false return and raise instead, as in click."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(self._run(args, prog_name, complete_var, extra))

    def _run(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, extra: dict[str, Any]
    ) -> int:
        try:
            code = self._call(args, prog_name, complete_var, extra)
        except ClickException as error:
            command = error.ctx.command_path if isinstance(error, UsageError) and error.ctx else "tlscope"
            complain(f"Error: {' '.join(error.format_message().split())}", f"Next: {command} --help")
            return error.exit_code
        except Failure as error:
            complain(f"Error: {error}", f"Next: {error.next}")
            return error.code
        except Abort:
            return 1
        except Exception as error:
            from tlscope.capture.directory import CaptureError  # noqa: PLC0415 - help must be quick, and needs no capture

            if not isinstance(error, CaptureError):
                raise
            complain(f"Error: {error}", f"Next: {error.next}")
            return 1
        return code if isinstance(code, int) else 0

    def _call(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, extra: dict[str, Any]
    ) -> object:
        """Let the command do its work, until all that it said is out."""
        try:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except OSError as error:
            if error.errno in FULL and error.filename is None:  # of a file we have said so: see writing.py
                unwritable(error)
            raise
        finally:
            flush()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tlscope")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """See inside TLS: an intercepting proxy that shows both handshakes, decrypted, and all that passes.

    Without a command: record on 127.0.0.1:8080 and show it, on the screen or line by line; it takes the options of
    `tlscope record`.
    """
    if ctx.invoked_subcommand is None:
        import_module("tlscope_ui.cli.live").run(ctx)


def main() -> None:
    """The `tlscope` program."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us: a capture must not get its number
            setattr(sys, name, open(os.devnull, "r+"))  # noqa: PTH123, SIM115 - as long as we live
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no arrows gets \\u25b2
    cli(prog_name="tlscope")

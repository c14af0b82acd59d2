"""`tlscope control`: a recorder that runs, from another terminal."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import rich_click as click

from tlscope.capture import directory
from tlscope.capture.control import NAME, Control, ControlError
from tlscope_ui.cli.captures import PATH, find
from tlscope_ui.cli.output import Failure, Screen
from tlscope_ui.telling import Span
from tlscope_ui.text import columns, size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USAGE = 2
"""The exit code of what cannot be meant (design: The command line)."""
LABEL = 13
"""Columns of what stands before a fact."""
DONE = {
    "intercept": "intercepted",
    "pass-through": "passed through",
    "refuse": "refused",
}
"""What is done to new connections."""


def _capture(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "-c",
        "--capture",
        type=PATH,
        metavar="DIR",
        help="The capture whose recorder is meant (default: that in the default place, if only one records there).",
    )(command)


def _json(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="As one JSON object.")(command)


@click.group("control")
@_capture
@click.pass_context
def command(ctx: click.Context, capture: Path | None) -> None:
    """Ask a recorder how it is, change its policy while it records, stop it.

    What is changed holds for new connections, comes before the options that the recorder was started with, and ends
    with it. HOST is a glob, as in these options: *.example.com. The newest rule that matches decides.

    Without -c it is the recorder of a capture in the default place, where new captures go, if only one runs there.
    Where several run, or it records elsewhere, name its capture: tlscope control -c DIR stop. A recorder says where
    that is when it starts.
    """
    ctx.obj = capture


@command.command("status")
@_capture
@_json
@click.pass_obj
def status(before: Path | None, capture: Path | None, *, as_json: bool) -> None:
    """Where it listens, what it has recorded, what is wrong, and its policy."""
    with _connected(capture or before) as control:
        found = control.status()
    Screen().json(found) if as_json else _show(Screen(), found)


def _ruling(name: str, help_: str) -> None:
    @command.command(name, help=help_)
    @click.argument("host")
    @_capture
    @_json
    @click.pass_obj
    def rule(before: Path | None, host: str, capture: Path | None, *, as_json: bool) -> None:
        with _connected(capture or before) as control:
            done = _asked(control, name, host)
            rules = control.status()["rules"] if name == "forget" and not as_json else []
        if as_json:
            Screen().json(done)
        elif name == "forget":
            Screen().line(Span("✓ ", "good"), f"the rule for {host} is forgotten; in order, there are now")
            _show_rules(Screen(), rules)
        else:
            Screen().line(Span("✓ ", "good"), f"new connections to {host} are {DONE[name]} from now on")


_ruling("intercept", "Intercept new connections to HOST from now on.")
_ruling("pass-through", "Relay the TLS of new connections to HOST untouched from now on.")
_ruling("refuse", "Refuse new connections to HOST from now on.")
_ruling("forget", "Forget what was said of HOST: it is as the recorder's options say.")


@command.command("stop")
@_capture
@_json
@click.pass_obj
def stop(before: Path | None, capture: Path | None, *, as_json: bool) -> None:
    """End the recorder in good order, as Ctrl-C does: its connections are closed, and all is written."""
    with _connected(capture or before) as control:
        found = control.status()
        ended = control.stop()
    where = found["capture"]
    if not ended:
        raise Failure(f"the recorder of {where} has not ended yet", "look at what it logs; kill ends it at once")
    if as_json:
        Screen().json({"stopped": True, "capture": where})
    else:
        Screen().line(Span("✓ ", "good"), f"stopped; what it recorded is in {where}")


def _connected(capture: Path | None) -> Control:
    """The recorder of a capture that is named; else the only one there is. Which of several is meant must be said."""
    if capture:
        return Control(find(capture))
    root = directory.default_root()
    with ExitStack() as opened:
        found = {path: opened.enter_context(control) for path in _controlled(root) if (control := _running(path))}
        if not found:
            raise Failure(
                f"no recorder runs on a capture in {root}", "start one: tlscope record; or name its capture with -c"
            )
        if len(found) > 1:
            newest, *others = found
            more = f", {others[0]}" if len(others) == 1 else f" and {len(others)} more"
            raise Failure(
                f"{len(found)} recorders run, on the captures {newest}{more}",
                f"name the capture of the one that is meant, for instance: -c {shlex.quote(str(newest))}",
                USAGE,
            )
        opened.pop_all()
    return next(iter(found.values()))


def _controlled(root: Path) -> list[Path]:
    """The captures whose recorders can be reached, or could while they ran: the newest first."""
    found = [path.parent for path in root.glob(f"*/{NAME}")]
    return sorted(found, key=lambda path: (str(directory.read_meta(path).get("created", "")), path.name), reverse=True)


def _running(path: Path) -> Control | None:
    try:
        return Control(path)
    except ControlError as error:
        if error.code != "no-recorder":
            raise
        return None  # it was killed, and left its socket


def _asked(control: Control, action: str, host: str) -> dict[str, Any]:
    try:
        return control.policy(action, host)
    except ControlError as error:
        if error.code == "bad-host":
            raise Failure(str(error), error.next, USAGE) from None
        raise


# ------------------------------------------------------------------------------------------------------------- showing


def _show(screen: Screen, found: dict[str, Any]) -> None:
    connections, journal, carried = found["connections"], found["journal"], found["bytes"]
    facts = {
        "listening": f"{', '.join(found['listening'])} ({found['mode']})",
        "capture": found["capture"],
        "journal": f"{size(journal['size'])} of {size(journal['keep'])}",
        "CA": found["ca"],
        "since": f"{found['started']} (tlscope {found['tlscope']}, process {found['pid']})",
        "connections": f"{connections['open']} open, {connections['total']} in all",
        "data": f"▲ {size(carried['up'])} ▼ {size(carried['down'])}",
    }
    for name, fact in facts.items():
        screen.line(Span(f"{name:<{LABEL}}", "dim"), fact)
    for fault in found["faults"]:
        screen.line(Span(f"✗ {fault['code']}: {fault['message']}", "bad"))
        screen.line(f"  Next: {fault['next']}")
    screen.line(Span("policy", "dim"), ", the first that matches decides:")
    _show_rules(screen, found["rules"])


def _show_rules(screen: Screen, rules: list[dict[str, Any]]) -> None:
    width = max((columns(rule["host"]) for rule in rules), default=0)
    for rule in rules:
        padding = " " * (width - columns(rule["host"]))
        screen.line(f"  {rule['action']:<13} {rule['host']}{padding}  ", Span(rule["from"], "dim"))

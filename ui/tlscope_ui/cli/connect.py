"""`tlscope connect`: how a client is sent through a recorder that runs, as commands to copy.

The same as the screen shows before the first connection (telling/clients.py). What is not a command is a comment, so
that all of it, or one client's part, can be given to a shell: eval "$(tlscope connect shell)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click
from platformdirs import user_data_path

from tlscope.capture import directory
from tlscope.capture.control import Control, ControlError
from tlscope.capture.reader import is_live
from tlscope_ui.cli.captures import PATH, find, follow
from tlscope_ui.cli.output import Failure, Screen
from tlscope_ui.telling import Span
from tlscope_ui.telling.clients import Here, meant, ways
from tlscope_ui.telling.flow import wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope_ui.telling.clients import Way

USAGE = 2
WIDTH = 100
"""Columns of a sentence where there is no terminal."""


@click.command("connect")
@click.argument("client", required=False, default="", metavar="[CLIENT]")
@click.option(
    "-c",
    "--capture",
    type=PATH,
    metavar="DIR",
    help="The capture whose recorder clients are to go to (default: the newest in the default place that is recorded).",
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def command(client: str, capture: Path | None, *, as_json: bool) -> None:
    """Show commands that send a client's traffic through a recorder that runs, and let it trust the CA.

    CLIENT is one of curl, shell (all that reads the environment), python, node, java, wget, openssl, browser; or a
    part of what is said of one, like pip. Without it, all are shown. What is no command is a comment of the shell:

    eval "$(tlscope connect shell)"
    """
    where = _recorded(capture)
    here = _here(where)
    known = ways(here)
    chosen = meant(known, client)
    if not chosen:
        titles = ", ".join(way.title for way in known)
        raise Failure(f"there is no client {client!r}", f"name a part of one of these: {titles}", USAGE)
    if as_json:
        Screen().json(_told(where, here, chosen))
    else:
        _show(Screen(), here, chosen)


def _recorded(capture: Path | None) -> Path:
    """The capture that is named, else the newest; one that is being recorded now."""
    if capture is not None:
        if not is_live(find(capture)):
            raise Failure(f"no recorder runs on {capture}", f"start one: {follow('record', capture)}")
        return capture.absolute()
    root = directory.default_root()
    live = [path for path in root.glob("*/") if is_live(path)]
    if not live:
        raise Failure(
            f"no recorder runs on a capture in {root}", "start one: tlscope record; or name its capture with -c"
        )
    return max(live, key=lambda path: (str(directory.read_meta(path).get("created", "")), path.name))


def _here(capture: Path) -> Here:
    """Where its recorder listens, and which CA clients are to trust; as it says, or as it wrote when it began."""
    try:
        with Control(capture) as control:
            told = control.status()
    except ControlError:  # there are none where paths of sockets are too long
        told = directory.read_meta(capture)
    listening = [str(address) for address in told.get("listening", ())]
    if not listening:
        raise Failure(f"the recorder of {capture} does not say where it listens", "ask it again: tlscope connect")
    ca = told.get("ca") or user_data_path("tlscope") / "ca" / "ca.pem"
    return Here(listening[0], str(ca), str(told.get("mode", "explicit")))


def _told(capture: Path, here: Here, chosen: list[Way]) -> dict[str, Any]:
    clients = [{"title": way.title, "note": way.note, "commands": list(way.commands)} for way in chosen]
    return {"capture": str(capture), "address": here.address, "mode": here.mode, "ca": here.ca, "clients": clients}


def _show(screen: Screen, here: Here, chosen: list[Way]) -> None:
    screen.line(Span(f"# to {here.address}, trusting {here.ca}", "dim"))
    for way in chosen:
        screen.line()
        screen.line(Span(f"# {way.title}", "strong"))
        for line in wrapped(way.note, screen.width or WIDTH, "# ", "dim"):
            screen.line(*line)
        for each in way.commands:
            screen.line(each)

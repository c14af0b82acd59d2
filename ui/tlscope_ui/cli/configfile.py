"""The configuration file: TOML, one table a command, keys named as its options.

    # ~/.config/tlscope/config.toml
    [record]
    listen = ["127.0.0.1:8080"]
    passthrough = ["*.bank.example"]

The command line is stronger. An unknown table or key is an error, with a suggestion: a setting that is silently ignored
is worse than none.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from platformdirs import user_config_path

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "config.toml"


def option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--config FILE`; what the file says becomes the defaults of the other options."""
    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_load,
        metavar="FILE",
        help=f"Read defaults from FILE (default: {NAME} in tlscope's configuration directory, if there is one).",
    )(command)


def _load(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    where = path or user_config_path("tlscope") / NAME
    try:
        text = where.read_text("utf-8")
    except FileNotFoundError:
        if path is None:
            return
        raise click.UsageError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{where} cannot be read: {error}") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{where}: {error}") from None
    ctx.default_map = {**(ctx.default_map or {}), **_defaults(ctx, where, tables)}


def _defaults(ctx: click.Context, where: Path, tables: dict[str, Any]) -> dict[str, Any]:
    """The command's table, checked, by parameter name."""
    for table, content in tables.items():
        if table != "record":
            raise click.UsageError(f"{where}: there is no table [{table}]; {_hint(table, ['record'])}")
        if not isinstance(content, dict):
            raise click.UsageError(f"{where}: record is a table; write its settings below [record]")
    known = {_key(parameter): parameter for parameter in ctx.command.params if isinstance(parameter, click.Option)}
    known.pop("config", None)
    found: dict[str, Any] = {}
    for key, value in tables.get("record", {}).items():
        if key not in known:
            raise click.UsageError(f"{where}: there is no setting {key!r}; {_hint(key, list(known))}")
        parameter = known[key]
        values = value if isinstance(value, list) and parameter.multiple else [value]
        if not all(isinstance(item, bool if parameter.is_flag else str) for item in values):
            raise click.UsageError(
                f"{where}: {key} takes {'true or false' if parameter.is_flag else 'text'}, not {value!r}"
            )
        assert parameter.name  # options are always named
        found[parameter.name] = values if parameter.multiple else value
    return found


def _key(parameter: click.Option) -> str:
    return max(parameter.opts, key=len).lstrip("-")


def _hint(text: str, known: list[str]) -> str:
    close = difflib.get_close_matches(text, known, 1)
    return f"did you mean {close[0]!r}?" if close else "there are: " + ", ".join(sorted(known))

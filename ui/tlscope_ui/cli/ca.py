"""`tlscope ca`: the certificate authority that signs what clients are shown."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from platformdirs import user_data_path

from tlscope_ca.authority import DAYS, MAX_DAYS, Authority, AuthorityError
from tlscope_ca.users import users
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.telling import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tlscope_ca.users import User

CA_PROBLEM = 5
"""The exit code of all that is wrong with an authority (design: The command line)."""


@click.group("ca")
def command() -> None:
    """Show, make or replace the certificate authority.

    Clients must trust it to be intercepted. It is made when it is first needed, and only its certificate is ever to be
    given away: whoever has its key can impersonate every server to those who trust it.
    """


@command.command("path")
def path() -> None:
    """Print the file with the certificate, for --cacert and the like; make the authority if there is none."""
    with problems():
        authority = Authority.load_or_create(where())
    # As it is, and not made visible: programs take it from here.
    sys.stdout.buffer.write(os.fsencode(f"{authority.path}\n"))


@command.command("show")
def show() -> None:
    """Describe the authority."""
    with problems():
        facts = described(Authority.load(where()))
    screen = Screen()
    for name, fact in facts.items():
        text = fact if isinstance(fact, str) else ", ".join(fact) or "any name"
        screen.line(Span(f"{name.replace('_', ' '):<12} ", "dim"), text)


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def status(*, as_json: bool) -> None:
    """Say whether the authority can be used; exit 5 if not."""
    with problems():
        authority = Authority.load(where())
    left = authority.certificate.not_valid_after_utc - datetime.now(UTC)
    if as_json:
        Screen().json({"usable": True, "days_left": left.days, **described(authority)})
    else:
        Screen().line(Span("✓ ", "good"), f"usable for {left.days} more days: {authority.path}")


@command.command("export")
@click.option("--der", is_flag=True, help="As DER, which phones and Java like; otherwise PEM.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to FILE.")
def export(*, der: bool, output: Path | None) -> None:
    """Write the certificate, never the key, to standard output or a file; make the authority if there is none."""
    with problems():
        authority = Authority.load_or_create(where())
    data = authority.certificate.public_bytes(Encoding.DER) if der else authority.pem
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}", "name another file with -o") from None


def _making(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that make an authority."""
    names = "Vouch for nothing but this host and names below it, this address or network. Repeatable."
    life = click.IntRange(1, MAX_DAYS)
    function = click.option("--days", type=life, default=DAYS, show_default=True, help="How long it lives.")(function)
    return click.option("--only", multiple=True, metavar="NAME", help=names)(function)


@command.command("create")
@_making
def create(*, only: tuple[str, ...], days: int) -> None:
    """Make the authority, where there is none yet."""
    with problems():
        made = Authority.create(where(), only=only, days=days)
    _made(made, "made")


@command.command("rotate")
@_making
@click.option("--any", "for_any", is_flag=True, help="Vouch for any name again.")
def rotate(*, only: tuple[str, ...], days: int, for_any: bool) -> None:
    """Replace the authority, constrained as before unless told otherwise. The old key is gone for good.

    A recorder that runs goes on with the old one until it is started again; those that do are named.
    """
    if only and for_any:
        raise click.UsageError("--only names what --any takes back: one of them")
    with problems():
        made = Authority.rotate(where(), only=only if only or for_any else None, days=days)
    _made(made, "replaced")
    old = users(where())
    for user in old:
        complain(f"note: the recorder {_recorder(user)}")
    if old:
        complain("Next: start these again; then give the new certificate to whoever trusted the old one")
    else:
        complain("Next: whoever trusted the old certificate must be given the new one")


def _recorder(user: User) -> str:
    """Where one listens that goes on with an old authority, or what it records, and how it is stopped."""
    from tlscope.capture.control import Control, ControlError  # noqa: PLC0415 - this command alone asks recorders

    try:
        with Control(Path(user.what)) as control:
            listening = ", ".join(control.status()["listening"])
    except ControlError:  # it begins, or ends, or cannot be controlled
        return f"of {user.what} goes on with the old one: kill {user.process}"
    return f"on {listening} goes on with the old one: tlscope control -c {shlex.quote(user.what)} stop"


def where() -> Path:
    """The directory of the authority."""
    return user_data_path("tlscope") / "ca"


def _made(authority: Authority, verb: str) -> None:
    only = f", for nothing but {', '.join(authority.only)}" if authority.only else ""
    Screen().line(Span("✓ ", "good"), f"{verb}, valid until {authority.certificate.not_valid_after_utc:%Y-%m-%d}{only}")
    Screen().line(str(authority.path))


def described(authority: Authority) -> dict[str, str | list[str]]:
    """What there is to say of it, by name."""
    certificate = authority.certificate
    return {
        "path": str(authority.path),
        "subject": certificate.subject.rfc4514_string(),
        "sha256": certificate.fingerprint(SHA256()).hex(),
        "not_before": f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
        "not_after": f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        "only": list(authority.only),
    }


@contextmanager
def problems() -> Iterator[None]:
    """What is wrong with an authority ends in exit code 5, and says what to do."""
    try:
        yield
    except AuthorityError as error:
        raise Failure(error.what, error.next, CA_PROBLEM) from None

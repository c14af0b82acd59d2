"""Everything that can be done on the screen, in one table: keys, menus, palette, help, the command line.

    ACTIONS                          all of them
    of("Main")                       those of one kind of widget or screen; widgets/keys.py makes its bindings of them
    command(action, at)              the same from a shell, for what is selected
    named("export")                  the one that somebody typed the name of; ValueError says which were near

An action belongs to a kind of widget or screen, its place, by the name of the class. It can be done where such a one
has the keys, or is around what has them. `call` is Textual's: the name of the method, with what it is to be called
with.
"""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING, NamedTuple

from tlscope_ui.tui.models.hosts import condition

if TYPE_CHECKING:
    from pathlib import Path


class Action(NamedTuple):
    """One thing to do."""

    id: str
    """By which settings and the command line name it."""
    place: str
    keys: str
    """As Textual names keys, separated by commas; "" for what has none."""
    call: str
    title: str
    note: str
    """What it does, in a sentence."""
    cli: str = ""
    """The same from a shell; braces stand for what is in At, `one` for an exchange in any case. "" where there is
    nothing like it."""


class At(NamedTuple):
    """What an action is about."""

    capture: Path
    connection: int = 0
    exchange: int = 0
    host: str = ""
    filter: str = ""


PLACES = {
    "Tlscope": "Everywhere",
    "Main": "The capture",
    "RowView": "The list",
    "LineView": "Lines",
    "FilterInput": "The filter",
    "Handshake": "Handshake",
    "Overview": "Overview",
    "Dissected": "A message",
    "FieldView": "Fields",
    "HexView": "Bytes in hex",
    "BodyView": "A content",
    "BodyLines": "A content as a tree",
    "FindBar": "Finding",
    "Messages": "Messages",
    "Menu": "Menus",
    "Paper": "Help, CA, clients",
    "Form": "Dialogs",
    "Columns": "Columns",
}
"""The places with their titles, in the order of the help."""

TABS = (
    ("Overview", "what became of it, and of both legs", "--overview {exchange}"),
    ("Handshake", "every message of both legs, explained", "--ladder"),
    ("Request", "what the client asked for", "--exchanges {exchange}"),
    ("Response", "what the server answered", "--exchanges {exchange}"),
    ("Messages", "WebSocket, gRPC, events; and frames", "--frames {exchange}"),
    ("Bytes", "all that passed, decrypted, in its order", "--stream"),
    ("Certs", "the server's chain, and ours in its place", "--certificates"),
    ("Timing", "where the time went", "--timing {exchange}"),
)
"""Each tab of the detail, what is in it, and what shows the same: an option of `tlscope show`."""

ACTIONS = (
    Action("actions", "Main", "x", "actions", "Actions", "Choose from what can be done with the selected row."),
    Action("command", "Main", "colon", "command", "Command", "Type the name of an action."),
    Action("copy", "Main", "y", "copy", "Copy", "Choose what of the selected is copied: value, line, URL, curl, JSON …",
           "tlscope show -c {capture} {connection}"),
    Action("copy-again", "Main", "Y", "copy_again", "Copy again", "Copy the same of what is selected now."),
    Action("export", "Main", "e", "export", "Export",
           "Write exchanges, connections or everything to a file that other tools read.",
           "tlscope export -c {capture} -f har -n {connection} -o FILE"),
    Action("save", "Main", "s", "save", "Save body", "Write the content of a response, or a request, to a file.",
           "tlscope export -c {capture} -f body -n {connection} {one} -o ."),
    Action("mark", "Main", "m", "mark", "Mark", "Put a star beside the row, or take it away; it is kept."),
    Action("next-mark", "Main", "apostrophe", "next_mark", "Next mark", "Go to the next row with a star or a comment."),
    Action("comment", "Main", "semicolon", "comment", "Comment", "Write a note on the row; the capture keeps it."),
    Action("columns", "Main", "o", "columns", "Columns", "Choose the columns, their widths and the order of the rows."),
    Action("hosts", "Main", "b", "hosts", "Group by host", "Show hosts, counted, with their connections; or a list.",
           "tlscope list -c {capture} --hosts {filter}"),
    Action("only-host", "Main", "B", "only_host", "Only this host",
           "Show the connections of the selected host alone; or again what was shown before.",
           "tlscope list -c {capture} {only}"),
    Action("intercept", "Main", "", "policy('intercept')", "Intercept this host",
           "Intercept new connections to the host from now on.", "tlscope control -c {capture} intercept {host}"),
    Action("pass-through", "Main", "", "policy('pass-through')", "Pass this host through",
           "Relay the TLS of new connections to the host untouched from now on.",
           "tlscope control -c {capture} pass-through {host}"),
    Action("refuse", "Main", "", "policy('refuse')", "Refuse this host",
           "Refuse new connections to the host from now on.", "tlscope control -c {capture} refuse {host}"),
    Action("forget", "Main", "", "policy('forget')", "Forget this host's rule",
           "Treat the host as the recorder's options say.", "tlscope control -c {capture} forget {host}"),
    Action("authority", "Main", "A", "authority", "CA", "Show the certificate authority, and how to trust it.",
           "tlscope ca show"),
    Action("connect", "Main", "C", "connect", "Connect a client", "Show commands that send a client's traffic here.",
           "tlscope connect -c {capture}"),

    Action("next-pane", "Main", "tab", "app.focus_next", "Next pane", "Give the keys to the next pane."),
    Action("previous-pane", "Main", "shift+tab", "app.focus_previous", "Previous pane",
           "Give the keys to the pane before."),

    Action("filter", "Main", "slash", "filter", "Filter",
           "Show only the connections that a condition selects, or that have a word in what the list can tell of them.",
           "tlscope list -c {capture} {filter}"),
    Action("follow", "Main", "f", "follow", "Follow", "Go to each new connection, or stay.",
           "tlscope watch -c {capture}"),
    Action("pause", "Main", "p", "pause", "Pause", "Let the list be as it is while the capture goes on."),
    Action("back", "Main", "escape", "back", "Back", "Go from the detail to the list; this never quits."),
    Action("zoom", "Main", "z", "zoom", "Maximise", "Give the whole screen to the pane that has the keys."),
    Action("smaller", "Main", "left_square_bracket", "resize(-4)", "List smaller", "Give the detail more room."),
    Action("larger", "Main", "right_square_bracket", "resize(4)", "List larger", "Give the list more room."),
    Action("sizes", "Main", "equals_sign", "resize(0)", "Sizes as they were", "Share the screen in halves."),
    *(Action(f"tab-{number}", "Main", str(number), f"tab({number})", title,
             f"Open {title}: {what}.", f"tlscope show -c {{capture}} {option} {{connection}}")
      for number, (title, what, option) in enumerate(TABS, 1)),

    Action("quit", "Tlscope", "q", "quit", "Quit", "End; a recorder that was started with the screen ends, too."),
    Action("help", "Tlscope", "question_mark,f1", "help", "Help", "Say which keys do what, here.", "tlscope --help"),
    Action("palette", "Tlscope", "ctrl+p", "command_palette", "Palette", "Search everything that can be done."),
    Action("theme", "Tlscope", "", "theme", "Theme", "Choose other colours; the choice is kept."),
    Action("mouse", "Tlscope", "t", "mouse", "Mouse", "Let the terminal have the mouse, to select with it; or not."),
    Action("jump", "Tlscope", "ctrl+o", "jump", "Jump", "Put a letter on each pane and tab; a letter goes there."),

    Action("unfold", "RowView", "right,l", "unfold", "Unfold", "Show what is below the line, or go there."),
    Action("fold", "RowView", "left,h", "fold", "Fold", "Show the host or connection alone, from below it too."),
    Action("unfold-all", "RowView", "asterisk", "unfold_all", "Unfold all", "Show what is below all.",
           "tlscope list -c {capture} --exchanges {filter}"),
    Action("fold-all", "RowView", "minus", "fold_all", "Fold all", "Show hosts alone, or connections."),
    Action("unmask-list", "RowView", "u", "unmask", "Show secrets", "Show what is secret in the URLs, or hide it.",
           "tlscope list -c {capture} --exchanges --with-secrets {filter}"),

    Action("up", "LineView", "up,k", "move(-1)", "Up", "Go up a line."),
    Action("down", "LineView", "down,j", "move(1)", "Down", "Go down a line."),
    Action("page-up", "LineView", "pageup", "page(-1)", "Page up", "Go up a screen."),
    Action("page-down", "LineView", "pagedown,space", "page(1)", "Page down", "Go down a screen."),
    Action("first", "LineView", "home,g", "go(0)", "First", "Go to the first line."),
    Action("last", "LineView", "end,G", "go(-1)", "Last", "Go to the last line."),
    Action("scroll-left", "LineView", "left", "sideways(-8)", "Left", "Scroll long lines to their beginning."),
    Action("scroll-right", "LineView", "right", "sideways(8)", "Right", "Scroll long lines on."),
    Action("open", "LineView", "enter", "choose", "Open", "Open what the cursor stands on."),

    Action("find", "LineView", "ctrl+f", "find", "Find", "Find text in the lines of the pane.",
           "tlscope search -c {capture} TEXT"),
    Action("find-next", "LineView", "n", "find_next(1)", "Next hit", "Go to the next place that was found."),
    Action("find-previous", "LineView", "N", "find_next(-1)", "Previous hit", "Go to the place that was found before."),
    Action("find-end", "LineView", "escape", "find_no_more", "Close", "Find no more."),
    Action("find-look", "FindBar", "enter", "look", "Look", "Go from what is typed to what was found."),
    Action("find-close", "FindBar", "escape", "close", "Close", "Find no more."),

    Action("filter-keep", "FilterInput", "enter", "keep", "Keep", "Have this filter."),
    Action("filter-back", "FilterInput", "escape", "leave", "Back", "Have the filter from before."),
    Action("filter-before", "FilterInput", "up", "remember(-1)", "Before", "Take an earlier filter."),
    Action("filter-after", "FilterInput", "down", "remember(1)", "After", "Take a later filter."),
    Action("filter-complete", "FilterInput", "tab", "complete", "Complete", "Take what is suggested; or leave."),

    Action("view", "Handshake", "v", "view(1)", "Next view", "Show ladder, story, differences, keys or findings.",
           "tlscope show -c {capture} --story --diff --keys --findings {connection}"),
    Action("unmask-keys", "Handshake", "u", "unmask", "Show secrets", "Show the keys, or hide them.",
           "tlscope show -c {capture} --keys --with-secrets {connection}"),
    Action("unmask-overview", "Overview", "u", "unmask", "Show secrets", "Show what is secret in the URL, or hide it.",
           "tlscope show -c {capture} --overview --with-secrets {exchange} {connection}"),
    Action("body-view", "BodyView", "v", "view(1)", "Next view", "Show the content at its best, raw, in hex …",
           "tlscope show -c {capture} --exchanges --raw {exchange} {connection}"),
    Action("wrap", "BodyView", "w", "wrap", "Wrap lines", "Wrap long lines, or cut them."),
    Action("codings", "BodyView", "c", "codings", "Undo codings", "Show the content as it passed, or decoded.",
           "tlscope show -c {capture} --exchanges --passed {exchange} {connection}"),
    Action("unmask-body", "BodyView", "u", "unmask", "Show secrets", "Show what is secret in it, or hide it.",
           "tlscope show -c {capture} --exchanges --with-secrets {exchange} {connection}"),
    Action("content", "BodyView", "b", "content", "To the content", "Go from the head to the content."),
    Action("fold-body", "BodyLines", "left,h", "fold", "Fold", "Fold, or go to what the line lies in."),
    Action("unfold-body", "BodyLines", "right,l", "unfold", "Unfold", "Unfold, or go to the first line inside."),
    Action("unfold-bodies", "BodyLines", "asterisk", "unfold_all", "Unfold all", "Unfold everything."),
    Action("frames", "Messages", "r", "frames", "Frames", "Show messages, or the frames that they came in.",
           "tlscope show -c {capture} --frames {exchange} {connection}"),
    Action("passed", "Messages", "a", "passed", "As it passed", "Show where the message, or frame, is in the bytes.",
           "tlscope show -c {capture} --stream {connection}"),
    Action("leave-messages", "Messages", "escape", "leave", "Back", "Go back to the list of messages."),
    Action("leave-message", "Dissected", "escape", "leave", "Back", "Go back to the messages."),

    Action("fold-field", "FieldView", "left,h", "fold", "Fold", "Fold, or go to what the field lies in."),
    Action("unfold-field", "FieldView", "right,l", "unfold", "Unfold", "Unfold, or go to the first field inside."),
    Action("unfold-fields", "FieldView", "asterisk", "unfold_all", "Unfold all", "Unfold every field."),
    Action("byte-left", "HexView", "left,h", "byte(-1)", "Byte left", "Go to the byte before; its field is chosen."),
    Action("byte-right", "HexView", "right,l", "byte(1)", "Byte right", "Go to the byte behind; its field is chosen."),

    Action("menu-leave", "Menu", "escape", "leave", "Back", "Choose nothing."),
    Action("menu-up", "Menu", "up", "move(-1)", "Up", "Go up a line."),
    Action("menu-down", "Menu", "down", "move(1)", "Down", "Go down a line."),
    Action("menu-choose", "Menu", "enter", "choose", "Choose", "Take the line under the cursor."),
    Action("paper-leave", "Paper", "escape,q", "leave", "Back", "Go back to the capture."),
    Action("paper-copy", "Paper", "y", "copy", "Copy", "Copy the command or value under the cursor; Enter does, too."),
    Action("column-show", "Columns", "x", "turn", "Show or hide", "Show the column, or hide it."),
    Action("column-narrower", "Columns", "less_than_sign", "wide(-1)", "Narrower", "Give the column less room."),
    Action("column-wider", "Columns", "greater_than_sign", "wide(1)", "Wider", "Give the column more room."),
    Action("column-down", "Columns", "J", "shift(1)", "Down", "Move the column to the right."),
    Action("column-up", "Columns", "K", "shift(-1)", "Up", "Move the column to the left."),
    Action("column-sort", "Columns", "s", "sort", "Sort", "Have the rows in its order; downwards; as they came."),
    Action("columns-leave", "Columns", "escape", "leave", "Back", "Leave the columns as they were."),
    Action("form-leave", "Form", "escape", "leave", "Back", "Do nothing; what is being written is given up."),
)  # fmt: skip
"""All that there are."""
BY_ID = {action.id: action for action in ACTIONS}
OF_HOST = frozenset({"export", "only-host", "intercept", "pass-through", "refuse", "forget", "unfold", "fold"})
"""What can be done with the row of a host."""
OF_ROW = OF_HOST | {"copy", "copy-again", "save", "mark", "comment", *(f"tab-{n}" for n in range(1, len(TABS) + 1))}
"""What can be done with that of a connection or an exchange."""


def of(place: str) -> list[Action]:
    """The actions of one place, in the order of the table."""
    return [action for action in ACTIONS if action.place == place]


def command(action: Action, at: At) -> str:
    """The same from a shell; "" where there is nothing like it, or nothing is selected that it could be about."""
    known = {
        "capture": str(at.capture),
        "connection": str(at.connection or ""),
        "host": at.host,
        "filter": at.filter,
        "only": condition(at.host) if at.host else "",
    }
    words = []
    for word in action.cli.split():
        if word in {"{exchange}", "{one}"}:
            number = at.exchange or (word == "{one}")  # a connection stands for its first
            words += ["--exchange", f"{number:d}"] if number else []
        elif word.startswith("{"):
            value = known[word.strip("{}")]
            if not value and word != "{filter}":
                return ""
            words += [shlex.quote(value)] if value else []
        else:
            words.append(word)
    return " ".join(words)


def named(text: str) -> Action:
    """The action with this name, or the one whose name alone begins so; raises ValueError, which says what is near."""
    name = text.strip().lower().replace(" ", "-")
    if name in BY_ID:
        return BY_ID[name]
    beginning = [action for action in ACTIONS if name and action.id.startswith(name)]
    if len(beginning) == 1:
        return beginning[0]
    near = [action.id for action in beginning] or difflib.get_close_matches(name, BY_ID, 3)
    raise ValueError(f"there is no action {text.strip()!r}" + (f"; near are: {', '.join(near[:5])}" if near else ""))

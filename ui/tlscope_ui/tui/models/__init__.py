"""What the screen shows, without a widget: tested without a terminal.

What any view shows: lines.

The list: rows (which stand where), pages (what was read of them), branch and bends (what is unfolded, as lines), hosts
(counted), columns and flowlines (what each says), marks, status (the bottom line).

The handshake: anatomy and fieldtree and hexdump (one message taken apart); all else that is told of it is told
by commands too (tlscope_ui.telling).

The data: octets (bytes wherever they are), stream, exchange, messages, content (a body in its views), body (its lines),
joined (lines of several kinds), find.

What is done: actions (all there are, with keys and commands), copies and clipboard, exporting, settings,
themes. When: pace (of the looks at what is recorded), garbage.
"""

"""What shows lines, fields, bytes and bars.

lineview    the base of all that shows many lines: its cursor and keys; linesheet: how lines are painted
flows       the list of connections, live; rowview: its lines, which unfold
filterbar   the filter, understood as it is typed
detail      what is selected, in tabs
dissected   a message taken apart: fieldtree, explain, hexview
ladder      both legs, message by message
flowview    sentences and tables that fit any width
bodyview    a head and its content, in views; bodylines: their lines, of which some fold
viewbar     the views of a pane
field       what is typed in, in its order
find        what is searched for in any view of lines
keys        bindings, out of the table of actions
"""

"""What shows lines, fields, bytes and bars.

dissected   a message taken apart: fieldtree, explain, hexview
ladder      both legs, message by message
flowview    sentences and tables that fit any width
bodyview    a head and its content, in views
find        what is searched for in any view of lines
viewbar     the views of a pane
lineview    the base of all that shows many lines
"""

"""What shows lines, fields, bytes and bars.

dissected   a message taken apart: fieldtree, explain, hexview
ladder      both legs, message by message
flowview    sentences and tables that fit any width
viewbar     the views of a pane
lineview    the base of all that shows many lines
"""

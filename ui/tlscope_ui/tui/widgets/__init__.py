"""What shows lines, fields, bytes and bars.

lineview    the base of all that shows many lines
"""

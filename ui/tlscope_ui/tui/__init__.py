"""The screen: a capture, live or finished, looked at in a terminal.

    app         the program: its screens, themes and keys; `run(directory)` is all that the commands know
    inorder     keys, in the order in which they were typed
    models      what is shown, without a widget: rows, messages, bodies, actions
    widgets     what shows it: every list, tree, dump and body is a LineView
    panes       what the selected connection, or exchange, looks like: a tab each
    screens     main, and what is laid over it

It is a process of its own, on the index of a capture and the journal's bytes; a recorder never waits for it. Whatever
takes time runs in threads of its own, with an Index of its own (capture/index.py).
"""

"""tlscope_ui: everything a person sees or types.

    cli      one file a command
    tui      the screen
    telling  what there is to tell, as lines, for both
    text     bytes and strings of strangers, safe to print

Imports `tlscope` and `tlscope_ca`, and is imported by neither. What a peer sent reaches a screen through `text` alone.
"""

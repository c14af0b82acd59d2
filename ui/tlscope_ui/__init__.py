"""tlscope_ui: everything a person sees or types. Imports `tlscope` and `tlscope_ca`, imported by neither.

    cli    one file a command
"""

"""`python -m tlscope_ui` is `tlscope`, where the program is not on the path."""

from tlscope_ui.cli import main

main()

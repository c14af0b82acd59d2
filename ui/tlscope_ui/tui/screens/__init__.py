"""What fills the terminal, and what is laid over it.

main        filter, list, detail, status; over acts and notes: what is done with what is selected, and with rows
dialog      the base of all that is laid over it: menu, form, paper
commands    actions to choose from: the palette, the menu of a row, the command line
columns, export, jump    dialogs of their own
help, authority, connect        pages to read, and to copy from
"""

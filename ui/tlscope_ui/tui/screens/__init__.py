"""What fills the terminal, and what is laid over it.

main        filter, list, detail, status
"""

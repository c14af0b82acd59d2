"""The filter language: what a person types, as a condition on the rows of the index.

query        text in, SQL with bound parameters out
grammar      its syntax
fields       what there is to ask for
values       what can be compared with a field
regex        expressions that cannot hang
completion   what could be typed next
answering    an index that was taught what conditions ask
"""

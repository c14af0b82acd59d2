"""The filter language: what a person types, as a condition on the rows of the index.

query        text in, SQL with bound parameters out
grammar      its syntax
compiler     the syntax tree, as SQL; over pieces, what a column must be
functions    what SQL has no word for; over anywhere, a text in all that is shown
fields       what there is to ask for
values       what can be compared with a field; over texts and quantities
regex        expressions that cannot hang; over pattern, their syntax
completion   what could be typed next
answering    an index that was taught what conditions ask
"""

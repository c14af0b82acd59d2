"""ASN.1 as certificates are written in it.

der         values inside values, read over a Cursor into fields
der_values  what the contents of a primitive value say
oids        object identifiers, and what standards call them
"""

"""Internet resources in certificates: the addresses and the networks that the subject holds (RFC 3779).

RPKI certificates carry these; RFC 8360 gives them a second OID each, with the same contents. An address is a BIT STRING
as long as its prefix. Of a range, the first address has its trailing zeros left out, the last one its trailing ones
(RFC 3779 section 2.2.3.8): 0xC0 is 192.0.0.0/8 as a prefix, 192.0.0.0 as a first address, 192.255.255.255 as a last.
"""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import Said, bit_string, octet_string
from tlscope.wire.x509.known import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.wire.field import Cursor, Field, Value

FAMILIES = {1: ("IPv4", 32), 2: ("IPv6", 128)}
"""Address families (IANA): name and bits of an address."""
SUBSEQUENT = {1: "unicast", 2: "multicast", 128: "MPLS"}
"""Subsequent address families (IANA), where a family says which."""
SOME = 8
"""Ranges that a list of them shows in its text: an operator holds hundreds."""


def address_blocks(cursor: Cursor) -> None:
    """IPAddrBlocks (section 2.2.3)."""
    der.listed(cursor, "pkix1explicit.IPAddrBlocks", "IPAddrBlocks", _family, finish=_told)


def _family(cursor: Cursor) -> None:
    key, label = "pkix1explicit.IPAddressFamily_element", "IPAddressFamily"
    der.structure(cursor, key, label, _family_parts, finish=_family_told)


def _family_parts(cursor: Cursor) -> None:
    field = der.primitive(cursor, "pkix1explicit.addressFamily", "addressFamily", der.OCTET_STRING, read=_family_name)
    family = int.from_bytes(field.value[:2]) if isinstance(field.value, bytes) else 0
    width = FAMILIES.get(family, ("", 0))[1]
    _choice(cursor, "pkix1explicit.addressesOrRanges", "addressesOrRanges", partial(_addresses, width=width))


def _family_name(content: bytes, at: int) -> Said:
    """The family in two octets, and one more for the subsequent one (section 2.2.3.3)."""
    if len(content) not in {2, 3}:
        return octet_string(content, at)._replace(bad="an address family has two or three octets")
    number = int.from_bytes(content[:2])
    name = FAMILIES.get(number, (f"family {number}", 0))[0]
    if len(content) == 3:
        name = f"{name} {SUBSEQUENT.get(content[2], f'SAFI {content[2]}')}"
    return Said(content, name)


def _family_told(field: Field) -> Field:
    return field._replace(text=": ".join(child.text for child in field.children[:2]))


def _choice(cursor: Cursor, key: str, label: str, item: partial[None]) -> None:
    """The resources themselves, or those of the issuer."""
    if der.next_tag(cursor) == der.NULL:
        note = "As much of it as the issuer has."
        der.primitive(cursor, "pkix1explicit.inherit_element", f"{label} inherit", der.NULL, note=note)
        cursor.fields[-1] = cursor.fields[-1]._replace(text="inherit")
    else:
        der.listed(cursor, key, label, item, finish=_told)


def _told(field: Field) -> Field:
    some = ", ".join(child.text for child in field.children[:SOME] if child.text)
    more = len(field.children) - SOME
    return field._replace(value=len(field.children), text=f"{some} and {more} more" if more > 0 else some)


def _addresses(cursor: Cursor, width: int) -> None:
    """One IPAddressOrRange (section 2.2.3.7)."""
    if der.next_tag(cursor) != der.SEQUENCE:
        read = partial(_prefix, width=width)
        der.primitive(cursor, "pkix1explicit.addressPrefix", "addressPrefix", der.BIT_STRING, read=read)
        return

    def ends(inside: Cursor) -> None:
        for name, filled in (("min", False), ("max", True)):
            read = partial(_end, width=width, filled=filled)
            der.primitive(inside, f"pkix1explicit.{name}", name, der.BIT_STRING, read=read)

    der.structure(cursor, "pkix1explicit.addressRange_element", "addressRange", ends, finish=_range_told)


def _range_told(field: Field) -> Field:
    text = "-".join(str(child.value) for child in field.children[:2] if child.value is not None)
    return field._replace(value=text, text=text)


def _prefix(content: bytes, at: int, width: int) -> Said:
    said = _end(content, at, width=width, filled=False)
    if isinstance(said.value, str):
        text = f"{said.value}/{_bits(content)}"
        return said._replace(value=text, text=text)
    return said


def _end(content: bytes, at: int, *, width: int, filled: bool) -> Said:
    """An address of which the trailing bits are left out: zeros, or ones where it is to be `filled`."""
    said = bit_string(content, at)
    if said.bad or not width:
        return said
    size, octets = _bits(content), content[1:]
    if size > width:
        return said._replace(bad=f"{size} bits, where an address has {width}")
    number = int.from_bytes(octets) << (width - 8 * len(octets))
    if filled:
        number |= (1 << width - size) - 1
    text = str(IPv4Address(number) if width == 32 else IPv6Address(number))
    return said._replace(value=text, text=text)


def _bits(content: bytes) -> int:
    """How many bits a BIT STRING has that is none of the malformed ones."""
    return 8 * len(content) - 8 - content[0]


def systems(cursor: Cursor) -> None:
    """ASIdentifiers (section 3.2.3)."""
    key, label = "pkix1explicit.ASIdentifiers_element", "ASIdentifiers"
    der.structure(cursor, key, label, _systems, finish=_systems_told)


def _systems(cursor: Cursor) -> None:
    for number, name in enumerate(("asnum", "rdi")):
        if der.next_tag(cursor) == der.context(number):
            der.explicit(cursor, number, partial(_choice, key=f"pkix1explicit.{name}", label=name, item=_SYSTEM), name)


def _systems_told(field: Field) -> Field:
    names = {"asnum": "AS", "rdi": "RDI"}
    said = [f"{names.get(child.label.split()[0], '')} {child.text}".strip() for child in field.children if child.text]
    return field._replace(text="; ".join(said))


def _system(cursor: Cursor) -> None:
    """One ASIdOrRange (section 3.2.3.5)."""
    if der.next_tag(cursor) != der.SEQUENCE:
        _number(cursor, "pkix1explicit.ASId", "id")
        return

    def ends(inside: Cursor) -> None:
        for name in ("min", "max"):
            _number(inside, f"pkix1explicit.ASId.{name}", name)

    der.structure(cursor, "pkix1explicit.range_element", "range", ends, finish=_range_told)


def _number(cursor: Cursor, key: str, label: str) -> None:
    der.primitive(cursor, key, label, der.INTEGER)


_SYSTEM = partial(_system)

_ADDRESSES = "IP addresses that the subject holds, and may give to others."
_SYSTEMS = "Numbers of the autonomous systems that the subject runs: who may announce routes."

RESOURCES: Mapping[Value, Known] = {
    "1.3.6.1.5.5.7.1.7": Known(address_blocks, _ADDRESSES, "RFC 3779 section 2.2", critical=True),
    "1.3.6.1.5.5.7.1.8": Known(systems, _SYSTEMS, "RFC 3779 section 3.2", critical=True),
    "1.3.6.1.5.5.7.1.28": Known(address_blocks, _ADDRESSES, "RFC 8360 section 4.2.2.1", critical=True),
    "1.3.6.1.5.5.7.1.29": Known(systems, _SYSTEMS, "RFC 8360 section 4.2.2.3", critical=True),
}
"""By OID, with what each is for."""

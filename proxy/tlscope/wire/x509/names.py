"""Names in certificates: distinguished names (X.501, RFC 5280 section 4.1.2.4) and general names (section 4.2.1.6)."""

from __future__ import annotations

import re
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import Said, ia5_string, utf8_string
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.field import Cursor, Field, Value, shown
from tlscope.wire.x509 import labels

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
"""What distinguished names call their attributes (RFC 4514 section 3, and OpenSSL's SN, GN, title, serialNumber)."""

_STRING_KEYS = {
    der.UTF8_STRING: "x509sat.uTF8String",
    der.PRINTABLE_STRING: "x509sat.printableString",
    der.TELETEX_STRING: "x509sat.teletexString",
    der.BMP_STRING: "x509sat.bmpString",
    der.UNIVERSAL_STRING: "x509sat.universalString",
    der.IA5_STRING: "x509sat.IA5String",
    der.NUMERIC_STRING: "x509sat.NumericString",
    der.VISIBLE_STRING: "x509sat.VisibleString",
    der.BIT_STRING: "x509sat.BitString",
}

_TYPED: dict[Value, str] = {
    "2.5.4.5": "x509sat.PrintableString",
    "2.5.4.6": "x509sat.CountryName",
    "2.5.4.46": "x509sat.PrintableString",
}
"""Attributes that X.520 gives one type of string, and not the choice of a DirectoryString."""


def attribute_name(oid: str) -> str:
    """What a distinguished name calls an attribute: `CN`, `emailAddress`, else its numbers."""
    return SHORT.get(oid) or oid_name(oid).removeprefix("id-at-")


def distinguished_name(
    cursor: Cursor, key: str, label: str, *, tag: int = der.SEQUENCE, note: str = "", reference: str = ""
) -> Field:
    """An RDNSequence; its value and text are the name as RFC 4514 writes it, the last part first."""
    return der.listed(cursor, key, label, relative_name, tag=tag, note=note, reference=reference, finish=_name_told)


def _name_told(field: Field) -> Field:
    parts = [str(part.value) for part in field.children if part.key == "x509if.RDNSequence_item" and part.value]
    text = ",".join(reversed(parts))
    return field._replace(value=text, text=text or "(empty)")


def relative_name(
    cursor: Cursor, key: str = "x509if.RDNSequence_item", label: str = "RDNSequence item", tag: int = der.SET
) -> Field:
    """A SET of attributes, nearly always one."""
    return der.listed(cursor, key, label, _attribute, tag=tag, finish=_relative_told)


def _relative_told(field: Field) -> Field:
    text = "+".join(str(part.value) for part in field.children if part.value is not None)
    return field._replace(value=text, text=text)


def _attribute(cursor: Cursor) -> None:
    key, label = "x509if.RelativeDistinguishedName_item_element", "RelativeDistinguishedName item"
    field = der.structure(cursor, key, label, _attribute_parts)
    if len(field.children) > 1 and isinstance(field.children[0].value, str):
        oid, value = field.children[:2]
        # What is no string is written as the hex of its DER (RFC 4514 section 2.4).
        text = (
            escaped(value.value) if isinstance(value.value, str) else f"#{shown(cursor.data[value.start : value.end])}"
        )
        text = f"{attribute_name(str(oid.value))}={text}"
        cursor.fields[-1] = field._replace(value=text, text=text)


def _attribute_parts(cursor: Cursor) -> None:
    oid = der.primitive(cursor, "x509if.oid", "Object Id", der.OID).value
    tag = der.next_tag(cursor)
    key = _TYPED.get(oid) or _STRING_KEYS.get(tag, "x509sat.DirectoryString")
    field = der.anything(cursor, key, attribute_name(str(oid)))
    if note := _attribute_oddity(str(oid), field, tag):
        cursor.fields[-1] = field._replace(note=f"{field.note} {note}".strip())


def _attribute_oddity(oid: str, field: Field, tag: int) -> str:
    if oid == "2.5.4.6" and isinstance(field.value, str) and not re.fullmatch("[A-Z]{2}", field.value):
        return "A country is two capital letters (ISO 3166; RFC 5280 appendix A)."
    if tag in {der.TELETEX_STRING, der.BMP_STRING, der.UNIVERSAL_STRING}:
        return f"A {der.tag_name(tag)}: new CAs must write UTF8String or PrintableString (RFC 5280 section 4.1.2.4)."
    return labels.warnings(field.value) if oid == "2.5.4.3" and isinstance(field.value, str) else ""


def escaped(text: str) -> str:
    """A value as a distinguished name holds it (RFC 4514 section 2.4)."""
    text = re.sub(r'([\\"+,;<>])', r"\\\1", text).replace("\0", "\\00")
    if text[:1] in {" ", "#"}:
        text = f"\\{text}"
    return f"{text[:-1]}\\ " if len(text) > 1 and text.endswith(" ") and text[-2] != "\\" else text


def general_names(cursor: Cursor, key: str, label: str, *, tag: int = der.SEQUENCE, note: str = "") -> Field:
    """GeneralNames; the value is how many there are."""
    return der.listed(cursor, key, label, general_name, tag=tag, note=note, finish=_names_told)


def _names_told(field: Field) -> Field:
    some = ", ".join(child.text for child in field.children[:SOME] if child.text)
    more = len(field.children) - SOME
    return field._replace(value=len(field.children), text=f"{some} and {more} more" if more > 0 else some)


SOME = 8
"""Names that a list of them shows in its text: large hosters' certificates have hundreds."""


def general_name(cursor: Cursor, *, constraint: bool = False) -> Field:
    """One GeneralName, of any of the nine kinds; raises Short.

    A `constraint` stands for many names (section 4.2.1.10): addresses have a mask behind them, and hosts may be parts
    of names, or empty, which stands for all.
    """
    tag = der.next_tag(cursor)
    if tag == der.implicit(7):
        read_address = address_range if constraint else address
        return der.primitive(cursor, _address_key(cursor), "iPAddress", der.OCTET_STRING, tag=tag, read=read_address)
    if known := _PRIMITIVE.get(tag):
        key, label, kind, read = known
        return der.primitive(cursor, key, label, kind, tag=tag, read=part_of_name if constraint and read else read)
    if known_parse := _CONSTRUCTED.get(tag):
        key, label, parse, finish = known_parse
        return der.structure(cursor, key, label, parse, tag=tag, finish=finish)
    return der.anything(cursor, "x509ce.GeneralName", "GeneralName of unknown kind")


def address(content: bytes, _at: int) -> Said:
    """An iPAddress; the value and text are the address."""
    text = _address_text(content)
    return Said(text, text) if text else Said(content, shown(content), bad="an address has 4 or 16 octets")


def address_range(content: bytes, _at: int) -> Said:
    """An iPAddress of a name constraint: address and mask."""
    half = len(content) // 2
    network, mask = _address_text(content[:half]), content[half:]
    if not network or len(content) % 2:
        return Said(content, shown(content), bad="an address range has 8 or 32 octets")
    bits = f"{int.from_bytes(mask):0{8 * half}b}"
    if "01" in bits:
        text = f"{network}/{_address_text(mask)}"
        return Said(text, text, "Its mask has holes, which CIDR does not know (RFC 5280 section 4.2.1.10).")
    text = f"{network}/{bits.count('1')}"
    odd = "" if int.from_bytes(content[:half]) & ~int.from_bytes(mask) == 0 else "It has bits set outside its mask."
    return Said(text, text, odd)


def _address_key(cursor: Cursor) -> str:
    size = cursor.data[cursor.at + 1] if cursor.left > 1 else 0
    return {4: "x509ce.IPAddress.ipv4", 16: "x509ce.IPAddress.ipv6"}.get(size, "x509ce.iPAddress")


def _address_text(content: bytes) -> str:
    if len(content) == 4:
        return str(IPv4Address(content))
    return str(IPv6Address(content)) if len(content) == 16 else ""


def dns_name(content: bytes, at: int) -> Said:
    """A host name: the value as written, the text with its A-labels decoded."""
    said = ia5_string(content, at)
    name = said.value if isinstance(said.value, str) else ""
    odd = [said.odd]
    if not content.isascii():
        name = content.decode("utf-8", "backslashreplace")
        odd = ["Not ASCII: an international name is written in A-labels (RFC 5280 section 7.2)."]
    if not name or name in {" ", "*", "."}:
        odd.append("It names no host.")
    elif any(not label for label in name.removesuffix(".").split(".")):
        odd.append("It has an empty label.")
    elif "*" in name and not re.fullmatch(r"\*\.[^*]+", name):
        odd.append("A wildcard is the whole first label or none (RFC 9525 section 6.3).")
    odd.append(labels.warnings(name))
    decoded = labels.reading(name)
    return Said(name, name if decoded == name else f"{name} ({decoded})", " ".join(filter(None, odd)))


def part_of_name(content: bytes, at: int) -> Said:
    """What a name constraint says of hosts: a name, what it ends in, or nothing, for every one."""
    said = ia5_string(content, at)
    name = str(said.value)
    decoded = labels.reading(name)
    text = name or "(all names)"
    return Said(name, text if decoded == name else f"{name} ({decoded})", f"{said.odd} {labels.warnings(name)}".strip())


def mail_address(content: bytes, at: int) -> Said:
    """A mailbox, its host decoded for people."""
    return _with_host(ia5_string(content, at), _MAIL_HOST)


def international_mail_address(content: bytes, at: int) -> Said:
    """A mailbox in UTF-8; its host is in A-labels nevertheless (RFC 9598 section 3)."""
    return _with_host(utf8_string(content, at), _MAIL_HOST)


def locator(content: bytes, at: int) -> Said:
    """A URI, its host decoded for people (RFC 5280 section 7.4)."""
    return _with_host(ia5_string(content, at), _URI_HOST)


_MAIL_HOST = re.compile(r"(?s:.*@)?([^@]*)")
_URI_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+://(?:[^/?#@]*+@)?([^/?#:@\[\]]+)")


def _with_host(said: Said, place: re.Pattern[str]) -> Said:
    """A name with a host in it, which may read as another one."""
    name = str(said.value)
    found = place.match(name[: labels.MAX_NAME])
    if found is None:
        return said
    decoded = f"{name[: found.start(1)]}{labels.reading(found[1])}{name[found.end(1) :]}"
    odd = f"{said.odd} {labels.warnings(found[1])}".strip()
    return Said(name, name if decoded == name else f"{name} ({decoded})", odd)


def _other_name(cursor: Cursor) -> None:
    kind = der.primitive(cursor, "x509ce.type_id", "type-id", der.OID).value
    key, label = _OTHER_NAMES.get(kind, ("x509ce.value_element", "value"))
    der.explicit(cursor, 0, partial(_other_value, key=key, label=label), "value")


def _other_value(cursor: Cursor, key: str, label: str) -> None:
    if label == "SmtpUTF8Mailbox" and der.next_tag(cursor) == der.UTF8_STRING:
        der.primitive(cursor, key, label, der.UTF8_STRING, read=international_mail_address)
    else:
        der.anything(cursor, key, label)


_OTHER_NAMES: dict[Value, tuple[str, str]] = {
    "1.3.6.1.4.1.311.20.2.3": ("x509ce.value_element", "userPrincipalName"),
    "1.3.6.1.5.5.7.8.5": ("pkixqualified.XmppAddr", "XmppAddr"),
    "1.3.6.1.5.5.7.8.7": ("pkixqualified.SRVName", "SRVName"),
    "1.3.6.1.5.5.7.8.9": ("x509ce.value_element", "SmtpUTF8Mailbox"),
}


def _other_told(field: Field) -> Field:
    shown_parts = [child.text for child in field.children if child.text]
    return field._replace(text=": ".join(shown_parts[:2]))


def _directory(cursor: Cursor) -> None:
    distinguished_name(cursor, "x509if.rdnSequence", "rdnSequence")


def _directory_told(field: Field) -> Field:
    return field._replace(value=field.children[0].value, text=field.children[0].text) if field.children else field


def _edi_party(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, partial(_other_value, key="x509ce.nameAssigner", label="nameAssigner"), "nameAssigner")
    der.explicit(cursor, 1, partial(_other_value, key="x509ce.partyName", label="partyName"), "partyName")


_PRIMITIVE: dict[int, tuple[str, str, int, Callable[[bytes, int], Said] | None]] = {
    der.implicit(1): ("x509ce.rfc822Name", "rfc822Name", der.IA5_STRING, mail_address),
    der.implicit(2): ("x509ce.dNSName", "dNSName", der.IA5_STRING, dns_name),
    der.implicit(6): ("x509ce.uniformResourceIdentifier", "uniformResourceIdentifier", der.IA5_STRING, locator),
    der.implicit(8): ("x509ce.registeredID", "registeredID", der.OID, None),
}
_CONSTRUCTED: dict[int, tuple[str, str, Callable[[Cursor], object], Callable[[Field], Field] | None]] = {
    der.context(0): ("x509ce.otherName_element", "otherName", _other_name, _other_told),
    der.context(3): ("x509ce.x400Address_element", "x400Address", der.each, None),
    der.context(4): ("x509ce.directoryName", "directoryName", _directory, _directory_told),
    der.context(5): ("x509ce.ediPartyName_element", "ediPartyName", _edi_party, None),
}
"""The choices of GeneralName by their tag (RFC 5280 section 4.2.1.6)."""

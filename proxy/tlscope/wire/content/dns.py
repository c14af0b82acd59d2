"""DNS messages, as DNS over HTTPS carries them (RFC 8484, RFC 1035).

Questions, answers, and the records that matter here: addresses, names, and HTTPS/SVCB (RFC 9460), by which a client
learns ALPN and ECH before its first byte.

    read(body) -> Reading

Names may point back into the message (RFC 1035 section 4.1.4). A pointer must point before itself, and a name ends at
255 bytes, so no message keeps this busy.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tlscope.wire.content.jwt import moment
from tlscope.wire.content.reading import TEXT, Kind, Reading, Room, clipped, line, omitted, plural
from tlscope.wire.field import MALFORMED, Cursor, Field, Short, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.content.reading import Body

TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 17: "RP", 24: "SIG", 25: "KEY",
    28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 37: "CERT", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP",
    46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 59: "CDS",
    60: "CDNSKEY", 61: "OPENPGPKEY", 64: "SVCB", 65: "HTTPS", 99: "SPF", 249: "TKEY", 250: "TSIG", 251: "IXFR",
    252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
}  # fmt: skip
"""IANA, Resource Record (RR) TYPEs."""
CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
OPCODES = {0: "query", 1: "inverse query", 2: "status", 4: "notify", 5: "update"}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
          7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 16: "BADVERS"}  # fmt: skip
PARAMETERS = {0: "mandatory", 1: "alpn", 2: "no-default-alpn", 3: "port", 4: "ipv4hint", 5: "ech", 6: "ipv6hint",
              7: "dohpath", 8: "ohttp"}  # fmt: skip
"""SvcParamKeys (RFC 9460 section 14.3.2, RFC 9461, RFC 9540)."""
OPTIONS = {3: "NSID", 5: "DAU", 6: "DHU", 7: "N3U", 8: "client subnet", 9: "EXPIRE", 10: "COOKIE", 11: "TCP keepalive",
           12: "padding", 13: "CHAIN", 15: "extended error"}  # fmt: skip
MAX_NAME = 255
"""Bytes of a name (RFC 1035 section 2.3.4); no more pointers than that are followed, either."""
ITEMS = 500
"""Strings, options or parameters of one record."""
ECH_NOTE = "The server's ECHConfigList: a client that has it encrypts its ClientHello's names (RFC 9849)."
SECTIONS = (("answers", "Answers"), ("authorities", "Authoritative nameservers"), ("additional", "Additional records"))


def read(body: Body) -> Reading:
    """A message."""
    cursor, lines = Cursor(body.data), list[str]()
    cursor.guarded(lambda inside: _message(inside, body.room, lines))
    response = len(body.data) > 2 and bool(body.data[2] & 0x80)
    tree = cursor.field("dns", "Domain Name System", text="response" if response else "query", reference="RFC 1035")
    bad = next((f"at byte {field.start}: {field.text}" for field in tree.walk() if field.key == MALFORMED), "")
    return Reading(Kind.DNS, _summary(tree, response=response), clipped("\n".join(lines)), tree, bad)


def _summary(tree: Field, *, response: bool) -> str:
    asked = tree.first("dns.qry")
    what = f" {line(asked.text)}" if asked else ""
    if not response:
        return f"DNS query{what}"
    code = int((found.value if (found := tree.first("dns.flags.rcode")) else 0) or 0)
    count = len([field for field in tree.walk() if field.key == "dns.resp"])
    return f"DNS response{what}, {RCODES.get(code, f'rcode {code}')}, {plural(count, 'record')}"


def _message(cursor: Cursor, room: Room, lines: list[str]) -> None:
    cursor.number(2, "dns.id", "Transaction ID", text=lambda value: f"0x{value:04x}",
                  note="Zero over HTTPS, so that caches work (RFC 8484 section 4.1).")  # fmt: skip
    _flags(cursor)
    counts = [
        cursor.number(2, f"dns.count.{name}", label)
        for name, label in (("queries", "Questions"), ("answers", "Answer RRs"), ("auth_rr", "Authority RRs"),
                            ("add_rr", "Additional RRs"))
    ]  # fmt: skip
    size = [0]

    def keep(text: str) -> None:
        if size[0] <= TEXT:
            lines.append(text)
            size[0] += len(text)

    for number in range(counts[0]):
        if not cursor.left:  # counts cost nothing: without this, twelve bytes would buy all the room there is
            raise Short(cursor.at, f"the message, with {counts[0] - number} questions missing,")
        if not room.spare(cursor):
            return
        keep("; " + _question(cursor))
    for (name, label), count in zip(SECTIONS, counts[1:], strict=True):
        for number in range(count):
            if not cursor.left:
                raise Short(cursor.at, f"the message, with {count - number} records missing,")
            if not room.spare(cursor):
                return
            keep(_record(cursor, name, label))
            room.fields -= sum(1 for _ in cursor.fields[-1].walk())


def _flags(cursor: Cursor) -> None:
    start = cursor.at
    flags = cursor.number(2, "dns.flags", "Flags", text=lambda value: f"0x{value:04x}")
    bits = (("response", "Response", 15), ("authoritative", "Authoritative", 10), ("truncated", "Truncated", 9),
            ("recdesired", "Recursion desired", 8), ("recavail", "Recursion available", 7),
            ("authenticated", "Answer authenticated", 5), ("checkdisable", "Non-authenticated data", 4))  # fmt: skip
    children = [Field(f"dns.flags.{key}", label, bool(flags >> bit & 1), start, 2, str(bool(flags >> bit & 1)).lower())
                for key, label, bit in bits]  # fmt: skip
    opcode, rcode = flags >> 11 & 15, flags & 15
    children.insert(1, Field("dns.flags.opcode", "Opcode", opcode, start, 2, OPCODES.get(opcode, str(opcode))))
    children.append(Field("dns.flags.rcode", "Reply code", rcode, start, 2, RCODES.get(rcode, str(rcode))))
    cursor.fields[-1] = cursor.fields[-1]._replace(children=tuple(children))


def name(cursor: Cursor, what: str = "a name") -> str:
    """A name, pointers followed, as it is written: escaped as in zone files, `.` for the root; raises Short."""
    data, at, start, end = cursor.data, cursor.at, cursor.at, 0
    labels: list[str] = []
    size = 0
    while True:
        if at >= (cursor.end if not end else len(data)):
            raise Short(start, what)
        length = data[at]
        if length >= 0xC0:
            if at + 1 >= len(data) or (not end and at + 1 >= cursor.end):
                raise Short(start, what)
            target = (length & 0x3F) << 8 | data[at + 1]
            end = end or at + 2
            if target >= at:
                raise Short(start, f"{what}, which points at itself or ahead,")
            at = target
            size += 1
        elif length > 63:
            raise Short(start, f"{what} with a label of type 0x{length:02x}")
        elif length == 0:
            cursor.at = end or at + 1
            return ".".join(labels) or "."
        else:
            label = data[at + 1 : at + 1 + length]
            if len(label) < length or (not end and at + 1 + length > cursor.end):
                raise Short(start, what)
            labels.append(_label(label))
            at += 1 + length
            size += 1 + length
        if size > MAX_NAME:
            raise Short(start, f"{what}, longer than {MAX_NAME} bytes,")


def _label(label: bytes) -> str:
    if label.isalnum():
        return label.decode("ascii")
    return "".join(
        f"\\{chr(byte)}" if byte in b'."\\' else chr(byte) if 0x21 <= byte < 0x7F else f"\\{byte:03d}" for byte in label
    )


def _named(cursor: Cursor, key: str, label: str) -> str:
    start = cursor.at
    value = name(cursor, label)
    cursor.add(Field(key, label, value, start, cursor.at - start, value))
    return value


def _each(cursor: Cursor, read_: Callable[[Cursor], None]) -> None:
    """As many as there are, ITEMS at the most: a record may be 64 KiB of nothing."""
    for _ in range(ITEMS):
        if not cursor.left:
            return
        read_(cursor)
    if cursor.left:
        cursor.add(omitted(cursor.at, cursor.left))
        cursor.at = cursor.end


def _kind(value: int) -> str:
    return TYPES.get(value, f"TYPE{value}")


def _class(value: int) -> str:
    return CLASSES.get(value, f"CLASS{value}")


def _question(cursor: Cursor) -> str:
    text = ""

    def whole(inside: Cursor) -> None:
        nonlocal text
        asked = _named(inside, "dns.qry.name", "Name")
        kind = inside.number(2, "dns.qry.type", "Type", text=_kind)
        group = inside.number(2, "dns.qry.class", "Class", text=_class)
        text = f"{asked} {_kind(kind)}" + ("" if group == 1 else f" {_class(group)}")

    made = cursor.group(None, "dns.qry", "Query", whole)
    cursor.fields[-1] = made._replace(text=line(text, 200))
    return text


def _record(cursor: Cursor, section: str, label: str) -> str:
    said = ""

    def whole(inside: Cursor) -> None:
        nonlocal said
        said = owner = _named(inside, "dns.resp.name", "Name")
        kind = inside.number(2, "dns.resp.type", "Type", text=_kind)
        if kind == 41:
            said = _opt(inside)
            return
        group = inside.number(2, "dns.resp.class", "Class", text=_class)
        ttl = inside.number(4, "dns.resp.ttl", "Time to live", text=lambda value: f"{value} s")
        length = inside.number(2, "dns.resp.len", "Data length")
        data = inside.group(min(length, inside.left), "dns.resp.data", _kind(kind), RECORDS.get(kind, _raw))
        rest = " ".join(field.text for field in data.children if field.text)
        said = f"{owner} {ttl} {_class(group)} {_kind(kind)} {rest}"

    made = cursor.group(None, "dns.resp", "Record", whole)
    cursor.fields[-1] = made._replace(value=section, text=line(said, 200), note=f"In the section {label}.")
    return said


def _opt(cursor: Cursor) -> str:
    """The pseudo-record of EDNS (RFC 6891 section 6.1)."""
    size = cursor.number(2, "dns.rr.udp_payload_size", "UDP payload size")
    cursor.number(1, "dns.resp.ext_rcode", "Higher bits in extended RCODE")
    cursor.number(1, "dns.resp.edns0_version", "EDNS0 version")
    cursor.number(2, "dns.resp.z", "Z", text=lambda value: f"0x{value:04x}{', DNSSEC wanted' if value >> 15 else ''}")
    length = cursor.number(2, "dns.resp.len", "Data length")

    def option(inside: Cursor) -> None:
        inside.number(2, "dns.opt.code", "Option Code", text=lambda value: OPTIONS.get(value, str(value)))
        size = inside.number(2, "dns.opt.len", "Option Length")
        inside.raw(size, "dns.opt.data", "Option Data")

    cursor.group(min(length, cursor.left), "dns.opt", "Options", lambda inside: _each(inside, option))
    return f"; EDNS, UDP {size}"


def _raw(cursor: Cursor) -> None:
    cursor.raw(None, "dns.data", "Data")


def _address(key: str, label: str, size: int) -> Callable[[Cursor], None]:
    def read_(cursor: Cursor) -> None:
        start = cursor.at
        text = str(ipaddress.ip_address(cursor.pull(size, label)))
        cursor.add(Field(key, label, text, start, size, text))

    return read_


def _one_name(key: str, label: str) -> Callable[[Cursor], None]:
    def read_(cursor: Cursor) -> None:
        _named(cursor, key, label)

    return read_


def _soa(cursor: Cursor) -> None:
    _named(cursor, "dns.soa.mname", "Primary name server")
    _named(cursor, "dns.soa.rname", "Responsible authority's mailbox")
    for key, label in (("serial_number", "Serial Number"), ("refresh_interval", "Refresh Interval"),
                       ("retry_interval", "Retry Interval"), ("expire_limit", "Expire limit"),
                       ("minimum_ttl", "Minimum TTL")):  # fmt: skip
        cursor.number(4, f"dns.soa.{key}", label)


def _mx(cursor: Cursor) -> None:
    cursor.number(2, "dns.mx.preference", "Preference")
    _named(cursor, "dns.mx.mail_exchange", "Mail Exchange")


def _srv(cursor: Cursor) -> None:
    for key, label in (("priority", "Priority"), ("weight", "Weight"), ("port", "Port")):
        cursor.number(2, f"dns.srv.{key}", label)
    _named(cursor, "dns.srv.target", "Target")


def _txt(cursor: Cursor) -> None:
    _each(cursor, lambda inside: _string(inside, "dns.txt", "TXT", '"'))


def _string(cursor: Cursor, key: str, label: str, quote: str = "") -> None:
    start = cursor.at
    size = cursor.pull(1, f"the length of {label}")[0]
    text = cursor.pull(size, label).decode("utf-8", "replace")
    cursor.add(Field(key, label, text, start, size + 1, f"{quote}{text}{quote}"))


def _caa(cursor: Cursor) -> None:
    cursor.number(1, "dns.caa.flags", "CAA Flags")
    _string(cursor, "dns.caa.tag", "Tag")
    cursor.raw(None, "dns.caa.value", "Value", text=lambda data: f'"{data.decode("utf-8", "replace")}"')


def _ds(cursor: Cursor) -> None:
    cursor.number(2, "dns.ds.key_id", "Key id")
    cursor.number(1, "dns.ds.algorithm", "Algorithm")
    cursor.number(1, "dns.ds.digest_type", "Digest Type")
    cursor.raw(None, "dns.ds.digest", "Digest")


def _tlsa(cursor: Cursor) -> None:
    for key, label in (("certificate_usage", "Certificate Usage"), ("selector", "Selector"),
                       ("matching_type", "Matching Type")):  # fmt: skip
        cursor.number(1, f"dns.tlsa.{key}", label)
    cursor.raw(None, "dns.tlsa.certificate_association_data", "Certificate Association Data")


def _rrsig(cursor: Cursor) -> None:
    cursor.number(2, "dns.rrsig.type_covered", "Type Covered", text=_kind)
    cursor.number(1, "dns.rrsig.algorithm", "Algorithm")
    cursor.number(1, "dns.rrsig.labels", "Labels")
    cursor.number(4, "dns.rrsig.original_ttl", "Original TTL")
    cursor.number(4, "dns.rrsig.signature_expiration", "Signature Expiration", text=moment)
    cursor.number(4, "dns.rrsig.signature_inception", "Signature Inception", text=moment)
    cursor.number(2, "dns.rrsig.key_tag", "Key Tag")
    _named(cursor, "dns.rrsig.signers_name", "Signer's name")
    cursor.raw(None, "dns.rrsig.signature", "Signature")


def _dnskey(cursor: Cursor) -> None:
    cursor.number(2, "dns.dnskey.flags", "Flags", text=lambda value: f"0x{value:04x}")
    cursor.number(1, "dns.dnskey.protocol", "Protocol")
    cursor.number(1, "dns.dnskey.algorithm", "Algorithm")
    cursor.raw(None, "dns.dnskey.public_key", "Public Key")


def _svcb(cursor: Cursor) -> None:
    """SVCB and HTTPS (RFC 9460 section 2.2)."""
    cursor.number(2, "dns.svcb.svcpriority", "SvcPriority",
                  note="0 is an alias: look at the target instead (RFC 9460 section 2.4.1).")  # fmt: skip
    _named(cursor, "dns.svcb.targetname", "TargetName")
    _each(cursor, _svcparam)


def _svcparam(cursor: Cursor) -> None:
    key = 0

    def whole(inside: Cursor) -> None:
        nonlocal key
        key = inside.number(2, "dns.svcb.svcparam.key", "SvcParamKey", text=_parameter)
        length = inside.number(2, "dns.svcb.svcparam.value.length", "SvcParamValue length")
        inside.group(min(length, inside.left), "dns.svcb.svcparam.value", "SvcParamValue",
                     PARAMETER_VALUES.get(key, _raw), note=ECH_NOTE if key == 5 else "")  # fmt: skip
        if inside.fields[-1].length < length:
            raise Short(inside.at, f"SvcParamValue of {_parameter(key)}")

    made = cursor.group(None, "dns.svcb.svcparam", "SvcParam", whole)
    said = ",".join(field.text for field in made.children[-1].children)
    cursor.fields[-1] = made._replace(value=key, text=_parameter(key) + f"={said}" * bool(said))


def _parameter(key: int) -> str:
    return PARAMETERS.get(key, f"key{key}")


def _mandatory(cursor: Cursor) -> None:
    key = "dns.svcb.svcparam.mandatory.key"

    def one(inside: Cursor) -> None:
        inside.number(2, key, "Mandatory key", text=_parameter)

    _each(cursor, one)


def _alpn(cursor: Cursor) -> None:
    _each(cursor, lambda inside: _string(inside, "dns.svcb.svcparam.alpn", "ALPN"))


def _hints(version: int) -> Callable[[Cursor], None]:
    one = _address(f"dns.svcb.svcparam.ipv{version}hint.ip", "IP", 4 if version == 4 else 16)
    return lambda cursor: _each(cursor, one)


def _port(cursor: Cursor) -> None:
    cursor.number(2, "dns.svcb.svcparam.port", "Port")


def _ech(cursor: Cursor) -> None:
    cursor.raw(None, "dns.svcb.svcparam.echconfig", "ECHConfig", text=shown)


def _text(cursor: Cursor) -> None:
    cursor.raw(None, "dns.data", "Text", text=lambda data: data.decode("utf-8", "replace"))


PARAMETER_VALUES: dict[int, Callable[[Cursor], None]] = {
    0: _mandatory, 1: _alpn, 3: _port, 4: _hints(4), 5: _ech, 6: _hints(6), 7: _text,
}  # fmt: skip
RECORDS: dict[int, Callable[[Cursor], None]] = {
    1: _address("dns.a", "Address", 4), 28: _address("dns.aaaa", "AAAA Address", 16),
    2: _one_name("dns.ns", "Name Server"), 5: _one_name("dns.cname", "CNAME"),
    12: _one_name("dns.ptr.domain_name", "Domain Name"), 39: _one_name("dns.dname", "DNAME"),
    6: _soa, 15: _mx, 16: _txt, 99: _txt, 33: _srv, 43: _ds, 59: _ds, 46: _rrsig, 48: _dnskey, 60: _dnskey,
    52: _tlsa, 53: _tlsa, 64: _svcb, 65: _svcb, 257: _caa,
}  # fmt: skip

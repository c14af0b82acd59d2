"""What verdicts are about, and how they are compared."""

from ipaddress import ip_network

from cryptography import x509

UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def only(*names):
    return x509.NameConstraints([general_or_network(text) for text in names], None)


def never(*names):
    return x509.NameConstraints(None, [general_or_network(text) for text in names])


def general_or_network(text):
    return x509.IPAddress(ip_network(text)) if "/" in text else x509.DNSName(text)


def codes(verdict):
    return [(str(fault.code), fault.depth) for fault in verdict.faults]

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from ca.forge import DAY, HOST, KEYS, NOW, ROOT, RSA, RSA_1024, chain, der, issue, name, usage
from tlscope_ca.checks import (
    MAX_NAMES_TOLD,
    critical_faults,
    issuing_faults,
    name_faults,
    purpose_faults,
    signed_by,
    strength_faults,
    time_faults,
)
from tlscope_ca.faults import Fault, FaultCode
from tlscope_ca.reading import MAX_TEXT, read


def path(**defects):
    return [read(data) for data in chain(**defects).sent_with_root]


@pytest.mark.parametrize("anchored", [True, False])
def test_control(anchored):
    """A chain without a defect has no fault of any kind."""
    made = path()
    found = [*time_faults(made, NOW), *issuing_faults(made, anchored=anchored), *purpose_faults(made)]
    found += [*strength_faults(made, anchored=anchored), *critical_faults(made), *name_faults(made[0], HOST)]
    assert [] == found


@pytest.mark.parametrize(
    ("names", "host", "valid"),
    [
        (("192.0.2.1",), "192.0.2.1", True),
        (("192.0.2.1",), "192.0.2.2", False),
        (("2001:db8::1",), "2001:db8::1", True),
        (("2001:db8::1",), "[2001:DB8:0::1]", True),
        (("2001:db8::1",), "2001:db8::2", False),
        ((x509.DNSName("192.0.2.1"),), "192.0.2.1", False),
        (("www.example.com",), "192.0.2.1", False),
        (("192.0.2.1",), "www.example.com", False),
        (("example.com",), "example.com.", True),
        (("xn--bcher-kva.example",), "bücher.example", True),
        (("xn--bcher-kva.example",), "xn--bcher-kva.example", True),
        (("*.example.com",), "xn--bcher-kva.example.com", True),
        (("a.example.com",), "xn--bcher-kva.example.com", False),
        (("label.example.com",), "xn--bcher-kva.example.com", False),
        (("a_b.example.com",), "a_b.example.com", True),
        (("*.example.com",), "example.com", False),
        (("*.example.com",), "a.b.example.com", False),
        (("*.localhost", "localhost"), "localhost", True),
        ((x509.UniformResourceIdentifier("https://www.example.com/"),), "www.example.com", False),
        ((x509.RFC822Name("www@example.com"),), "www.example.com", False),
        (("www.example.com",), "not a host", False),
        (("www.example.com",), "", False),
        (("www.example.com",), "1_0", False),
    ],
)
def test_names(names, host, valid):
    """N4 to N14: a host is named by dNSName or iPAddress, each for its own kind, wildcards for one whole label."""
    leaf = read(der(chain(leaf={"names": names}).leaf))
    assert ([] if valid else [FaultCode.NAME_MISMATCH]) == [fault.code for fault in name_faults(leaf, host)]


def test_names_told():
    """A certificate for many hosts is told by some of them and the number of the others."""
    leaf = read(der(chain(leaf={"names": tuple(f"h{n}.test" for n in range(MAX_NAMES_TOLD + 3))}).leaf))
    (fault,) = name_faults(leaf, HOST)
    assert f"{', '.join(f'h{n}.test' for n in range(MAX_NAMES_TOLD))} and 3 more" == fault.found
    assert HOST == fault.wanted


def test_one_long_name():
    """A name of 60 KB is told by its beginning: the verdict is recorded and shown with each connection."""
    leaf = read(der(chain(leaf={"names": ("x" * 60_000, "b.test")}).leaf))
    (fault,) = name_faults(leaf, HOST)
    assert f"{'x' * (MAX_TEXT - 1)}…, b.test" == fault.found


def test_a_name_of_the_longest_host():
    """The longest name that a host can have is told whole (RFC 1035 section 2.3.4: 253 characters)."""
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    (fault,) = name_faults(read(der(chain(leaf={"names": (longest,)}).leaf)), HOST)
    assert (253, longest) == (len(longest), fault.found)


def test_times():
    """Each certificate that is out of date is a fault, with the date that says so."""
    made = path(leaf={"not_before": NOW + DAY}, intermediate={"not_after": NOW - DAY})
    early, late = time_faults(made, NOW)
    assert (FaultCode.NOT_YET_VALID, 0, f"{NOW + DAY:%Y-%m-%d %H:%M:%S} UTC") == (early.code, early.depth, early.found)
    assert (FaultCode.EXPIRED, 1, f"{NOW - DAY:%Y-%m-%d %H:%M:%S} UTC") == (late.code, late.depth, late.found)


def test_path_length_found():
    """A path that is too long is told with what is there and what is allowed."""
    made = path(root={"constraints": x509.BasicConstraints(ca=True, path_length=0)})
    (fault,) = issuing_faults(made, anchored=True)
    assert Fault(FaultCode.PATH_LENGTH, 2, "CN=Test Root", "1", "0") == fault


def test_self_issued_does_not_count():
    """C5: an authority that issued to itself does not use up path length (RFC 5280 section 4.2.1.9)."""
    made = path(root={"constraints": x509.BasicConstraints(ca=True, path_length=1)})
    rollover = read(der(issue(ROOT, ROOT)))
    assert [] == [*issuing_faults([*made[:2], rollover, made[2]], anchored=True)]


@pytest.mark.parametrize("anchored", [True, False])
def test_anchor_is_believed(anchored):
    """An old root without CA bits is an authority where it is trusted, and none where it is just there."""
    made = path(root={"constraints": None, "key_usage": None})
    found = [(fault.code, fault.depth) for fault in issuing_faults(made, anchored=anchored)]
    assert ([] if anchored else [(FaultCode.INVALID_CA, 2)]) == found


def test_signed_by():
    """A signature is good, or bad, or nobody can tell."""
    leaf, intermediate, root = path()
    impostor = read(der(chain(intermediate={"key": KEYS[3]}).intermediate))
    assert [True, False, None, None] == [
        signed_by(leaf, intermediate),
        signed_by(leaf, impostor),
        signed_by(leaf, root),
        signed_by(leaf, read(b"x")),
    ]


@pytest.mark.parametrize(
    ("expected", "key"),
    [
        ("RSA with 1024 bits", RSA_1024),
        ("secp192r1 with 192 bits", ec.generate_private_key(ec.SECP192R1())),
        ("DSA with 1024 bits", dsa.generate_private_key(1024)),
        (None, RSA),
        (None, rsa.generate_private_key(public_exponent=3, key_size=2048)),
        (None, ec.generate_private_key(ec.SECP521R1())),
        (None, ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_keys(expected, key):
    """K3 to K5: keys below 112 bits of security are weak, and DSA is none that TLS still knows."""
    found = [fault.found for fault in strength_faults(path(leaf={"key": key}), anchored=True)]
    assert ([] if expected is None else [expected]) == found


@pytest.mark.parametrize(
    ("key", "granted", "good"),
    [
        (KEYS[2], ("digital_signature",), True),
        (KEYS[2], ("key_encipherment",), False),
        (KEYS[2], ("key_agreement",), False),
        (RSA, ("digital_signature",), True),
        (RSA, ("key_encipherment",), True),
        (RSA, ("data_encipherment",), False),
        (RSA, ("key_cert_sign",), False),
    ],
)
def test_key_usage(key, granted, good):
    """E4: the leaf must be allowed to sign; an RSA key may decrypt instead."""
    found = [*purpose_faults(path(leaf={"key": key, "key_usage": usage(*granted)}))]
    assert good == (not found)


@pytest.mark.parametrize("anchored", [True, False])
def test_own_signature_is_nothing(anchored):
    """K2: a self-signed certificate's signature proves nothing, so its weakness is none."""
    assert [] == [*strength_faults(path(root={"key": RSA, "weak_hash": hashes.SHA1()}), anchored=anchored)]


def test_purposes_told():
    """The purposes that are there are told by name, others by number."""
    purposes = (Purpose.CLIENT_AUTH, Purpose.CODE_SIGNING, x509.ObjectIdentifier("1.2.3"))
    (fault,) = purpose_faults(path(leaf={"purposes": purposes}))
    assert ("extended key usage clientAuth, codeSigning, 1.2.3", "serverAuth") == (fault.found, fault.wanted)


def test_many_purposes():
    """Of thousands of purposes, some are told and the number of the others."""
    purposes = [x509.ObjectIdentifier(f"1.2.3.{n}") for n in range(1000)]
    (fault,) = purpose_faults(path(leaf={"purposes": purposes}))
    told = ", ".join(f"1.2.3.{n}" for n in range(MAX_NAMES_TOLD))
    assert f"extended key usage {told} and {1000 - MAX_NAMES_TOLD} more" == fault.found


def test_unreadable():
    """What cannot be read has no faults but that."""
    nothing = [read(b"x"), read(b"")]
    assert [] == [*time_faults(nothing, NOW), *issuing_faults(nothing, anchored=False), *purpose_faults(nothing)]
    assert [] == [*strength_faults(nothing, anchored=False), *critical_faults(nothing), *name_faults(nothing[0], HOST)]


def test_subject_told():
    """A fault names its certificate."""
    (fault,) = name_faults(read(der(chain(leaf={"subject": name("a.test"), "names": None}).leaf)), HOST)
    assert Fault(FaultCode.NO_SUBJECT_ALT_NAME, 0, "CN=a.test", "", HOST) == fault

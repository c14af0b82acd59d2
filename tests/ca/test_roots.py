import os
import ssl
from types import SimpleNamespace

import pytest
from OpenSSL import crypto

from ca.forge import KEYS, ROOT, chain, der, issue, name, pem, run, self_signed
from tlscope_ca import roots as module
from tlscope_ca.roots import RootsError, load_roots

FIRST, SECOND = chain().root, self_signed(subject=name("Second"), key=KEYS[3], names=None)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A system without roots, to which a test adds its own."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    nothing = SimpleNamespace(cafile=None, capath=None)
    monkeypatch.setattr(module.ssl, "get_default_verify_paths", lambda: nothing)
    monkeypatch.setattr(module, "USUAL_FILES", (tmp_path / "usual.pem",))
    return nothing


def ders(found):
    return [crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in found]


def put(path, *certificates):
    path.write_bytes(pem(*certificates))
    return path


def hashed(folder, certificate, number=0):
    """Put a certificate into a directory under the name that OpenSSL looks for."""
    folder.mkdir(exist_ok=True)
    put(folder / "x.pem", certificate)
    _, told = run("openssl", "x509", "-noout", "-hash", "-in", folder / "x.pem")
    (folder / "x.pem").rename(folder / f"{told.strip()}.{number}")


def test_files(tmp_path):
    """Every certificate of every file is a root, once, also intermediates; text between them is skipped."""
    one, two = put(tmp_path / "1.pem", FIRST, SECOND), tmp_path / "2.pem"
    two.write_bytes(b"# a comment\n" + pem(SECOND) + b"more text\n" + pem(chain().intermediate))
    assert 3 == len(load_roots([one, two], system=False))
    assert [der(FIRST), der(SECOND)] == ders(load_roots([one], system=False))


def test_der_file(tmp_path):
    """A file with one certificate in DER is taken too."""
    (tmp_path / "root.crt").write_bytes(der(FIRST))
    assert [der(FIRST)] == ders(load_roots([tmp_path / "root.crt"], system=False))


def test_no_file(tmp_path):
    """A file that is not there is an error that names it and the option."""
    with pytest.raises(RootsError, match=r"absent\.pem cannot be read: No such file.*\n.*--ca-file") as caught:
        load_roots([tmp_path / "absent.pem"], system=False)
    assert tmp_path / "absent.pem" == caught.value.path
    with pytest.raises(RootsError, match="cannot be read"):
        load_roots([tmp_path], system=False)


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_no_certificate(tmp_path, content):
    """A file without a certificate is an error."""
    (tmp_path / "root.pem").write_bytes(content)
    with pytest.raises(RootsError, match="holds no certificate"):
        load_roots([tmp_path / "root.pem"], system=False)


def test_damaged_certificate(tmp_path):
    """A damaged certificate among good ones is an error: the user wanted to trust it."""
    broken = pem(SECOND).replace(b"\nMI", b"\nXX", 1)
    (tmp_path / "root.pem").write_bytes(pem(FIRST) + broken)
    with pytest.raises(RootsError, match="damaged"):
        load_roots([tmp_path / "root.pem"], system=False)


def test_system_file(bare, tmp_path):
    """OpenSSL's default file is used, and bad blocks in it are skipped: nobody here named it."""
    bare.cafile = tmp_path / "default.pem"
    bare.cafile.write_bytes(pem(FIRST) + pem(SECOND).replace(b"\nMI", b"\nXX", 1))
    put(tmp_path / "usual.pem", SECOND)
    assert [der(FIRST)] == ders(load_roots([], system=True))
    assert [] == ders(load_roots([], system=False))


@pytest.mark.usefixtures("bare")
def test_usual_file(tmp_path):
    """Without one, the usual places are tried."""
    put(tmp_path / "usual.pem", SECOND)
    assert [der(SECOND)] == ders(load_roots([], system=True))


def test_system_directory(bare, tmp_path):
    """Without any file, the default directory is read as c_rehash makes it; other files in it are left alone."""
    bare.capath = tmp_path / "certs"
    hashed(tmp_path / "certs", FIRST)
    hashed(tmp_path / "certs", issue(ROOT, ROOT), 1)
    put(tmp_path / "certs" / "second.pem", SECOND)
    (tmp_path / "certs" / "00000000.0").mkdir()
    assert 2 == len(load_roots([], system=True))


@pytest.mark.usefixtures("bare")
def test_no_roots():
    """A system without roots is no error."""
    assert () == load_roots([], system=True)


def test_environment(bare, tmp_path, monkeypatch):
    """SSL_CERT_FILE and SSL_CERT_DIR, which may list several, replace the defaults; --ca-file adds to them."""
    bare.cafile = put(tmp_path / "default.pem", chain().root)
    third = self_signed(subject=name("Third"), names=None)
    monkeypatch.setenv("SSL_CERT_FILE", str(put(tmp_path / "file.pem", FIRST)))
    assert [der(FIRST)] == ders(load_roots([], system=True))
    hashed(tmp_path / "certs", SECOND)
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join([str(tmp_path / "absent"), str(tmp_path / "certs")]))
    assert [der(FIRST), der(SECOND)] == ders(load_roots([], system=True))
    monkeypatch.delenv("SSL_CERT_FILE")
    assert [der(SECOND)] == ders(load_roots([], system=True))
    extra = put(tmp_path / "extra.pem", third, SECOND)
    assert [der(third), der(SECOND)] == ders(load_roots([extra], system=True))


@pytest.mark.usefixtures("bare")
def test_environment_names_nothing(tmp_path, monkeypatch):
    """An SSL_CERT_FILE that is not there is an error: to go on would refuse every server, and not say why."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent.pem"))
    with pytest.raises(RootsError, match=r"absent\.pem.*\n.*SSL_CERT_FILE"):
        load_roots([], system=True)


def test_as_python(monkeypatch):
    """On this machine the roots are those that Python's ssl loads by default."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    context = ssl.create_default_context()
    expected = set(context.get_ca_certs(binary_form=True))
    assert expected <= set(ders(load_roots([], system=True)))

"""Which CA signed, and which is to be trusted."""

import pytest

from support.connections import refused
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Faulted, LeafForged, Who
from tlscope.wire.tls.meaning.alert_tables import QUIET, TRUST
from tlscope.wire.tls.meaning.alerts import Cause
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import KeyType, Minter
from tlscope_ca.verify import Verdict
from tlscope_ui.telling.issuer import readvised, replaced
from tlscope_ui.telling.overview import glance
from tlscope_ui.telling.story import explained_json

ENDS = (Cause("it went", "most likely", TRUST, ""), Cause("it went", "most likely", QUIET, ""))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where the CA is."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "tlscope" / "ca"


def forged(directory):
    """What a recorder shows that was started with the CA as it is."""
    leaf = Minter(Authority.load_or_create(directory)).mint(b"", Verdict("a.example", (), 1), KeyType.P256)
    return LeafForged("authority", "P-256", leaf.der)


def test_a_ca_that_is_still_there_is_to_be_trusted(home):
    """The advice stays."""
    leaf = forged(home)
    assert "" == replaced(leaf)
    assert ENDS == readvised(ENDS, leaf)


def test_after_a_rotation_the_recorder_is_to_be_started_again(home):
    """That a client trusts the CA that there is now helps nothing until then; other advice stays as it is."""
    leaf, old = forged(home), Authority.load(home).certificate.subject.rfc4514_string()
    Authority.rotate(home)
    assert replaced(leaf)
    told = readvised((*ENDS, Cause("", "", "Do something else.", "")), leaf)
    assert [True, True, False] == ["start it again" in cause.next for cause in told]
    assert old.partition("CN=")[2].split(",")[0] in told[0].next


def test_where_nobody_knows_nothing_is_said(home, tmp_path):
    """No CA here, a damaged one, a leaf that no CA of ours signed, none at all."""
    leaf = forged(home)
    Authority.rotate(home)
    assert "" == replaced(leaf, tmp_path / "nowhere")
    (tmp_path / "damaged").write_bytes(b"\xff-----BEGIN")
    assert "" == replaced(leaf, tmp_path / "damaged")
    (tmp_path / "empty").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert "" == replaced(leaf, tmp_path / "empty")
    assert "" == replaced(LeafForged("throw-away", "P-256", leaf.data))
    assert "" == replaced(LeafForged("authority", "P-256", b"no certificate"))
    assert "" == replaced(None)


def test_the_overview_gives_no_advice_that_leads_nowhere(home, tmp_path):
    """Neither what the recorder said then, nor what its alert means."""
    leaf = forged(home)
    story = refused()
    fault = Faulted(Who.CLIENT, "alert", "the client sent the alert unknown_ca", "trust tlscope ca path")
    with Index(indexed(tmp_path / "c", [*story[:2], leaf, *story[2:-1], fault, story[-1]])) as index:
        assert "trust tlscope ca path" == glance(index, 1).next
        Authority.rotate(home)
        seen = glance(index, 1)
    assert seen.legs.causes[0].next == seen.next
    assert [seen.next] == [cause["next"] for cause in explained_json(seen.legs)["causes"]]
    assert "start it again" in seen.next

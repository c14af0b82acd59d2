"""The story of a handshake in plain words: nine steps, with what was really said.

    tell(facts)                  the nine steps of one leg, in the order in which its version takes them

The steps are the same for every version, so that two legs can be laid side by side: offer, choice, key exchange, change
of ciphers, the server's proof, the client's proof, Finished, session keys, data. TLS 1.3 agrees on keys in its hellos
and proves everything under them; TLS 1.2 proves first, in the clear, and agrees on keys afterwards. `Step.messages` are
the places of a step's messages in LegFacts.messages; what has no message of its own (keys, data) has none.

What the middle man does between two legs is told in middle.py.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from tlscope.events import Direction, Leg
from tlscope.wire.tls.codes import NamedGroup, ProtocolVersion, SignatureScheme, name_of
from tlscope.wire.tls.meaning.alert_tables import CERTIFICATE_ALERTS
from tlscope.wire.tls.meaning.alerts import Stage, ending, explain
from tlscope.wire.tls.meaning.checks_chain import facts_of
from tlscope.wire.tls.meaning.checks_session import POST_QUANTUM, forward_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tlscope.wire.tls.meaning.alerts import Ending
    from tlscope.wire.tls.meaning.facts import LegFacts

UP, DOWN = Direction.UP, Direction.DOWN
TLS1_3 = 0x0304
CERTIFICATE_REQUIRED = 116
MAX_NAMED: Final = 4
"""Names in a sentence: the offers have them all."""


class State(StrEnum):
    """What became of a step."""

    DONE = "done"
    FAILED = "failed"
    """The leg ended here."""
    MISSING = "missing"
    """It did not happen: the leg had ended, or goes on, or nobody asked for it."""


class Step(NamedTuple):
    """A step of the story. The text quotes peers: not yet safe for a terminal."""

    topic: str
    """A stable name: `offer`, `choice`, `key-exchange` ..."""
    title: str
    text: str
    """Plain sentences with the values of this leg."""
    reference: str
    messages: tuple[int, ...]
    """Places in the leg's messages; in the story of both legs, the client leg's."""
    state: State
    others: tuple[int, ...] = ()
    """In the story of both legs (middle.py): places in the server leg's messages."""


class _Scene(NamedTuple):
    topic: str
    title: str
    references: tuple[str, str]
    """Before TLS 1.3, and of it."""
    belongs: frozenset[tuple[Direction, str]]
    """Messages of the step."""
    happened: Callable[[LegFacts], bool]
    text: Callable[[LegFacts], str]
    """What is said of it where it happened."""
    absent: Callable[[LegFacts], str] = lambda _: ""
    """What is said where it did not, and need not."""


def tell(facts: LegFacts) -> tuple[Step, ...]:
    """The nine steps of a leg; where it came to a bad end, the step that failed says why."""
    scenes = [_SCENES[topic] for topic in (_ORDER13 if facts.version >= TLS1_3 else _ORDER12)]
    end = ending(facts)
    return tuple(_ended(_steps(facts, scenes), end, facts))


def _steps(facts: LegFacts, scenes: Iterable[_Scene]) -> list[Step]:
    new = facts.version >= TLS1_3
    steps = []
    for scene in scenes:
        belongs = _HELLOS if new and scene.topic == "key-exchange" else scene.belongs
        places = tuple(place for place, message in enumerate(facts.messages) if message in belongs)
        happened = scene.happened(facts)
        text = scene.text(facts) if happened else scene.absent(facts)
        state = State.DONE if happened else State.MISSING
        steps.append(Step(scene.topic, scene.title, text, scene.references[new], places, state))
    return steps


def _ended(steps: list[Step], end: Ending | None, facts: LegFacts) -> list[Step]:
    """Say at the step at which a leg ended why it did."""
    if end is None:
        return steps
    if end.place is not None:  # an alert belongs to the data only where it ended that
        steps[-1] = steps[-1]._replace(messages=tuple(place for place in steps[-1].messages if place != end.place))
    at = _failed(steps, end)
    step, cause = steps[at], explain(end, facts=facts)
    places = step.messages if end.place is None else tuple(sorted({*step.messages, end.place}))
    text = f"{step.text} {cause.what}".strip()
    steps[at] = step._replace(text=text, messages=places, state=State.FAILED)
    return steps


def _failed(steps: list[Step], end: Ending) -> int:
    """The proof that was refused; else the first step that is missing without an excuse; else the last."""
    topics = [step.topic for step in steps]
    verifier = "client" if end.leg is Leg.CLIENT else "us"
    silent = end.alert is None or end.alert in CERTIFICATE_ALERTS
    if end.sender == verifier and end.stage is Stage.CERTIFICATE and silent:
        return topics.index("server-proof")
    if end.leg is Leg.SERVER and end.sender == "server" and end.alert in CERTIFICATE_ALERTS | {CERTIFICATE_REQUIRED}:
        return topics.index("client-proof")
    missing = (i for i, step in enumerate(steps) if step.state is State.MISSING and not step.text)
    return next(missing, len(steps) - 1)


# ------------------------------------------------------------------------------------------------------- the nine steps


def _client(facts: LegFacts) -> str:
    return "The client" if facts.leg is Leg.CLIENT else "tlscope, in the client's place,"


def _server(facts: LegFacts) -> str:
    return "tlscope, in the server's place," if facts.leg is Leg.CLIENT else "The server"


def _few(names: list[str]) -> str:
    rest = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _offer(facts: LegFacts) -> str:
    offered = facts.offered
    if not offered:
        return ""
    versions = _few([name_of(ProtocolVersion, version) for version in offered.versions])
    name, count = offered.sni or "a server without saying its name", len(offered.suites)
    said = [f"{_client(facts)} asks for {name} and offers {versions} with {count} cipher suites."]
    if offered.groups:
        said.append(f"A key can be agreed on in {_few([name_of(NamedGroup, group) for group in offered.groups])}.")
    if offered.alpn:
        said.append(f"It would speak {_few([name.decode('utf-8', 'backslashreplace') for name in offered.alpn])}.")
    if offered.key_shares:
        names = _few([name_of(NamedGroup, group) for group in offered.key_shares])
        said.append(f"It guesses what will be chosen, and sends public keys for {names} at once.")
    said.append(f"Its random number begins with {offered.random[:4].hex()}.")
    if facts.retry:
        said.append(f"The guess was wrong: it is asked for a key of {facts.group_name}, and offers again.")
    return " ".join(said)


def _choice(facts: LegFacts) -> str:
    chosen = facts.chosen
    if not chosen:
        return ""
    said = [f"{_server(facts)} chooses {facts.version_name} with {facts.suite_name}."]
    if facts.alpn:
        said.append(f"Above it, {facts.alpn} will be spoken.")
    said.append(f"Its random number begins with {chosen.random[:4].hex()}.")
    if facts.resumed:
        said.append("It takes up an earlier session, whose secret both still know.")
    return " ".join(said)


def _key_exchange(facts: LegFacts) -> str:
    if facts.resumed and not facts.group:
        return "The keys come from the secret of the earlier session: no new one is agreed on, and no forward secrecy."
    if not facts.group_name and not forward_secret(facts.suite):
        return (
            f"{_client(facts)} draws a secret and encrypts it to the key in the certificate: whoever gets that key "
            "later opens this recording."
        )
    group = facts.group_name or "a group that the messages do not tell"
    said = [f"Both send a public key of {group} and keep the private one; from the two each computes the same secret."]
    if facts.group in POST_QUANTUM:
        said.append("Half of it is ML-KEM: a quantum computer does not open it either.")
    said.append("The private keys are forgotten afterwards: nobody can open the recording later.")
    return " ".join(said)


def _ciphers(facts: LegFacts) -> str:
    if facts.version >= TLS1_3:
        return (
            "ChangeCipherSpec means nothing in TLS 1.3: it is sent so that machines on the way take this for TLS 1.2. "
            "All after the ServerHello is encrypted anyway."
        )
    ways = {way for way, name in facts.messages if name == "ChangeCipherSpec"}
    who = "Both said" if len(ways) > 1 else "Only the server said" if DOWN in ways else "Only the client said"
    return f"{who}: from here on I encrypt with {facts.suite_name}."


def _no_ciphers(facts: LegFacts) -> str:
    return "Nobody sent one, and TLS 1.3 needs none." if facts.version >= TLS1_3 and facts.chain else ""


def _server_proof(facts: LegFacts) -> str:
    leaf = facts_of(facts.chain[0]) if facts.chain else None
    count = len(facts.chain)
    what = f"a chain of {count} certificates" if count > 1 else "one certificate"
    said = [f"{_server(facts)} shows {what}"]
    if leaf:
        said[0] += f": {leaf.subject or 'no name'}, vouched for by {leaf.issuer or 'nobody'}, with the key {leaf.key}"
        if leaf.names:
            said[0] += f", for {_few(list(leaf.names))}"
    said[0] += "."
    if facts.scheme:
        how = name_of(SignatureScheme, facts.scheme)
        over = "all that was said so far" if facts.version >= TLS1_3 else "both random numbers and its share of the key"
        said.append(f"It proves that the key is its own by signing {over} with {how}.")
    elif facts.version < TLS1_3 and not forward_secret(facts.suite):
        said.append("It proves that the key is its own by opening what is encrypted to it.")
    if facts.verdict:
        said.append(f"Verification says: {'; '.join(facts.verdict)}.")
    elif facts.verdict is not None:
        said.append("Verification finds nothing wrong with it.")
    return " ".join(said)


def _no_server_proof(facts: LegFacts) -> str:
    return "No certificate is shown: only the two of the earlier session know its secret." if facts.resumed else ""


def _client_proof(facts: LegFacts) -> str:
    if (UP, "Certificate") not in facts.messages:
        return ""
    if not facts.client_chain:
        return f"{_server(facts)} asks for a certificate. {_client(facts)} has none to show, and says so."
    leaf = facts_of(facts.client_chain[0])
    said = [f"{_server(facts)} asks for a certificate. {_client(facts)} shows {leaf.subject if leaf else 'one'}"]
    if facts.client_scheme:
        said.append(f"and signs what was said so far with {name_of(SignatureScheme, facts.client_scheme)}")
    return " ".join(said) + "."


def _no_client_proof(facts: LegFacts) -> str:
    return "" if facts.asked or not facts.server_hello else "Nobody asks the client who it is."


_FINISHED: Final = (
    "Both have sent a hash of all that was said, made with the new secret: had somebody changed a byte on the way, the "
    "two would not agree."
)


def _session(facts: LegFacts) -> str:
    said = []
    if facts.secrets:
        labels = list(dict.fromkeys(facts.secrets))
        said.append(f"Each direction has keys of its own now. Secrets logged for this leg: {_few(labels)}.")
    else:
        said.append("Each direction has keys of its own now; none were logged.")
    if facts.tickets:
        longest = max(facts.tickets)
        count = f"{len(facts.tickets)} tickets" if len(facts.tickets) > 1 else "a ticket"
        said.append(f"The server gives {count}, to take the session up again within {longest / 3600:.1f} hours.")
    updates = facts.messages.count((UP, "KeyUpdate")) + facts.messages.count((DOWN, "KeyUpdate"))
    if updates:
        said.append(f"The keys were renewed {updates} times.")
    return " ".join(said)


def _data(facts: LegFacts) -> str:
    above = f" of {facts.alpn}" if facts.alpn else ""
    return f"{facts.up} bytes{above} went up and {facts.down} came down, encrypted on this leg with {facts.suite_name}."


def _no_data(facts: LegFacts) -> str:
    return "The connection ended without a byte of data." if facts.done and facts.over else ""


def _keyed(facts: LegFacts) -> bool:
    """TLS 1.3 agrees in its hellos, a resumed TLS 1.2 did so before; else the client's share has the last word."""
    return bool(facts.server_hello) and (
        facts.version >= TLS1_3 or facts.resumed or (UP, "ClientKeyExchange") in facts.messages
    )


def _both(*names: str) -> frozenset[tuple[Direction, str]]:
    return frozenset((way, name) for way in Direction for name in names)


_HELLOS: Final = _both("ClientHello", "HelloRetryRequest", "ServerHello")
"""Where the keys of TLS 1.3 are agreed on."""
_SCENES: Final = {
    scene.topic: scene
    for scene in (
        _Scene(
            "offer",
            "The client's offer",
            ("RFC 5246 section 7.4.1.2", "RFC 8446 section 4.1.2"),
            _both("ClientHello", "HelloRetryRequest"),
            lambda facts: facts.offered is not None,
            _offer,
        ),
        _Scene(
            "choice",
            "The server's choice",
            ("RFC 5246 section 7.4.1.3", "RFC 8446 section 4.1.3"),
            _both("ServerHello", "EncryptedExtensions"),
            lambda facts: bool(facts.server_hello),
            _choice,
        ),
        _Scene(
            "server-proof",
            "The server proves who it is",
            ("RFC 5246 section 7.4.2", "RFC 8446 section 4.4"),
            frozenset(
                (DOWN, name)
                for name in ("Certificate", "CompressedCertificate", "CertificateVerify", "CertificateStatus")
            ),
            lambda facts: bool(facts.chain),
            _server_proof,
            _no_server_proof,
        ),
        _Scene(
            "client-proof",
            "The client proves who it is",
            ("RFC 5246 section 7.4.6", "RFC 8446 section 4.3.2"),
            frozenset({(DOWN, "CertificateRequest"), (UP, "Certificate"), (UP, "CertificateVerify")}),
            lambda facts: (UP, "Certificate") in facts.messages,
            _client_proof,
            _no_client_proof,
        ),
        _Scene(
            "key-exchange",
            "A key is agreed on",
            ("RFC 5246 section 7.4.7", "RFC 8446 section 4.2.8"),
            _both("ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange"),
            _keyed,
            _key_exchange,
        ),
        _Scene(
            "change-cipher-spec",
            "From here on encrypted",
            ("RFC 5246 section 7.1", "RFC 8446 section 5"),
            _both("ChangeCipherSpec"),
            lambda facts: bool({(UP, "ChangeCipherSpec"), (DOWN, "ChangeCipherSpec")} & set(facts.messages)),
            _ciphers,
            _no_ciphers,
        ),
        _Scene(
            "finished",
            "Nobody changed anything",
            ("RFC 5246 section 7.4.9", "RFC 8446 section 4.4.4"),
            _both("Finished", "EndOfEarlyData"),
            lambda facts: {(UP, "Finished"), (DOWN, "Finished")} <= set(facts.messages),
            lambda _: _FINISHED,
        ),
        _Scene(
            "session-keys",
            "Session keys",
            ("RFC 5246 section 6.3", "RFC 8446 section 7.1"),
            _both("NewSessionTicket", "KeyUpdate"),
            lambda facts: facts.done,
            _session,
        ),
        _Scene(
            "data",
            "Application data",
            ("RFC 5246 section 10", "RFC 8446 section 5.2"),
            _both("Alert"),
            lambda facts: bool(facts.up or facts.down),
            _data,
            _no_data,
        ),
    )
}
_ORDER12: Final = tuple(_SCENES)
_ORDER13: Final = (
    *("offer", "choice", "key-exchange", "change-cipher-spec", "server-proof", "client-proof"),
    *("finished", "session-keys", "data"),
)

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
from tlscope.wire.tls.meaning import words
from tlscope.wire.tls.meaning.alert_tables import CERTIFICATE_ALERTS
from tlscope.wire.tls.meaning.alerts import Stage, ending, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tlscope.wire.tls.meaning.alerts import Ending
    from tlscope.wire.tls.meaning.facts import LegFacts

UP, DOWN = Direction.UP, Direction.DOWN
TLS1_3 = 0x0304
CERTIFICATE_REQUIRED = 116
PROOFS = frozenset({"server-proof", "client-proof"})
"""Steps that are encrypted since TLS 1.3."""
SEALED = PROOFS | {"finished", "session-keys", "data"}
"""Steps that nobody sees who has no keys."""


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
    scenes = [_SCENES[topic] for topic in (_ORDER13 if _is_new(facts) else _ORDER12)]
    end = ending(facts)
    return tuple(_ended(_steps(facts, scenes), end, facts))


def _is_new(facts: LegFacts) -> bool:
    """Whether the story is that of TLS 1.3: it was chosen, or offered and no answer was seen."""
    if facts.version:
        return facts.version >= TLS1_3
    return facts.offered is not None and TLS1_3 in facts.offered.versions


def _steps(facts: LegFacts, scenes: Iterable[_Scene]) -> list[Step]:
    new = _is_new(facts)
    steps = []
    for scene in scenes:
        belongs = _HELLOS if new and scene.topic == "key-exchange" else scene.belongs
        places = tuple(place for place, message in enumerate(facts.messages) if message in belongs)
        happened = scene.happened(facts)
        text = scene.text(facts) if happened else _unseen(facts, scene.topic) or scene.absent(facts)
        state = State.DONE if happened else State.MISSING
        steps.append(Step(scene.topic, scene.title, text, scene.references[new], places, state))
    return steps


def _unseen(facts: LegFacts, topic: str) -> str:
    """What is said of a step that may have happened under keys that nobody here has."""
    if topic == "choice" and facts.passed_through:
        return words.UNRECORDED
    if not facts.sealed or topic not in SEALED:
        return ""
    if not facts.messages:
        return words.UNREAD
    if topic in PROOFS and facts.version < TLS1_3:
        return ""
    return words.EVIDENT if topic == "finished" and facts.done else words.UNSEEN


def _ended(steps: list[Step], end: Ending | None, facts: LegFacts) -> list[Step]:
    """Say at the step at which a leg ended why it did."""
    if end is None:
        return steps
    if end.place is not None:  # an alert belongs to the data only where it ended that
        steps[-1] = steps[-1]._replace(messages=tuple(place for place in steps[-1].messages if place != end.place))
    at = _failed(steps, end, direct=facts.direct)
    step, cause = steps[at], explain(end, facts=facts)
    places = step.messages if end.place is None else tuple(sorted({*step.messages, end.place}))
    text = f"{step.text} {cause.what}".strip()
    steps[at] = step._replace(text=text, messages=places, state=State.FAILED)
    return steps


def _failed(steps: list[Step], end: Ending, *, direct: bool) -> int:
    """The proof that was refused; else the first step that is missing without an excuse; else the last."""
    topics = [step.topic for step in steps]
    verifier = "client" if end.leg is Leg.CLIENT or direct else "us"
    silent = end.alert is None or end.alert in CERTIFICATE_ALERTS
    if end.sender == verifier and end.stage is Stage.CERTIFICATE and silent:
        return topics.index("server-proof")
    if end.leg is Leg.SERVER and end.sender == "server" and end.alert in CERTIFICATE_ALERTS | {CERTIFICATE_REQUIRED}:
        return topics.index("client-proof")
    missing = (i for i, step in enumerate(steps) if step.state is State.MISSING and not step.text)
    return next(missing, len(steps) - 1)


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
            words.offer,
        ),
        _Scene(
            "choice",
            "The server's choice",
            ("RFC 5246 section 7.4.1.3", "RFC 8446 section 4.1.3"),
            _both("ServerHello", "EncryptedExtensions"),
            lambda facts: bool(facts.server_hello),
            words.choice,
        ),
        _Scene(
            "server-proof",
            "The server proves who it is",
            ("RFC 5246 section 7.4.2", "RFC 8446 section 4.4"),
            frozenset(
                (DOWN, name)
                for name in ("Certificate", "CompressedCertificate", "CertificateVerify", "CertificateStatus")
            ),
            lambda facts: facts.shown,
            words.server_proof,
            words.no_server_proof,
        ),
        _Scene(
            "client-proof",
            "The client proves who it is",
            ("RFC 5246 section 7.4.6", "RFC 8446 section 4.3.2"),
            frozenset(
                {
                    (DOWN, "CertificateRequest"),
                    *((UP, name) for name in ("Certificate", "CompressedCertificate", "CertificateVerify")),
                }
            ),
            lambda facts: bool(facts.client_chain),
            words.client_proof,
            words.no_client_proof,
        ),
        _Scene(
            "key-exchange",
            "A key is agreed on",
            ("RFC 5246 section 7.4.7", "RFC 8446 section 4.2.8"),
            _both("ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange"),
            _keyed,
            words.key_exchange,
        ),
        _Scene(
            "change-cipher-spec",
            "From here on encrypted",
            ("RFC 5246 section 7.1", "RFC 8446 section 5"),
            _both("ChangeCipherSpec"),
            lambda facts: bool({(UP, "ChangeCipherSpec"), (DOWN, "ChangeCipherSpec")} & set(facts.messages)),
            words.ciphers,
            words.no_ciphers,
        ),
        _Scene(
            "finished",
            "Nobody changed anything",
            ("RFC 5246 section 7.4.9", "RFC 8446 section 4.4.4"),
            _both("Finished", "EndOfEarlyData"),
            lambda facts: {(UP, "Finished"), (DOWN, "Finished")} <= set(facts.messages),
            lambda _: words.FINISHED,
        ),
        _Scene(
            "session-keys",
            "Session keys",
            ("RFC 5246 section 6.3", "RFC 8446 section 7.1"),
            _both("NewSessionTicket", "KeyUpdate"),
            lambda facts: facts.done,
            words.session,
        ),
        _Scene(
            "data",
            "Application data",
            ("RFC 5246 section 10", "RFC 8446 section 5.2"),
            _both("Alert"),
            lambda facts: bool(facts.up or facts.down),
            words.data,
            words.no_data,
        ),
    )
}
_ORDER12: Final = tuple(_SCENES)
_ORDER13: Final = (
    *("offer", "choice", "key-exchange", "change-cipher-spec", "server-proof", "client-proof"),
    *("finished", "session-keys", "data"),
)

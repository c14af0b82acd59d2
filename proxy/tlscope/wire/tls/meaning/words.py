"""What is said of each of the nine steps of a handshake: plain sentences with the values of one leg.

Each function tells one step where it happened, or (`no_...`) where it did not and need not have; empty where there is
nothing to say. Texts quote peers: they are not yet safe for a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tlscope.events import Direction, Leg
from tlscope.wire.tls.codes import ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme, name_of
from tlscope.wire.tls.meaning import gist, verdicts
from tlscope.wire.tls.meaning.checks_chain import facts_of
from tlscope.wire.tls.meaning.checks_session import POST_QUANTUM, forward_secret
from tlscope.wire.tls.meaning.listing import few, short
from tlscope.wire.tls.meaning.stapled import staple, timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tlscope.wire.tls.meaning.facts import LegFacts

UP, DOWN = Direction.UP, Direction.DOWN
TLS1_3 = 0x0304
MAX_NAMED: Final = 4
"""Names in a sentence: the offers have them all."""


def _client(facts: LegFacts) -> str:
    return "The client" if facts.leg is Leg.CLIENT or facts.direct else "tlscope, in the client's place,"


def _server(facts: LegFacts) -> str:
    return "The server" if facts.leg is Leg.SERVER or facts.direct else "tlscope, in the server's place,"


def _few(names: Sequence[str]) -> str:
    return few(names, MAX_NAMED)


def offer(facts: LegFacts) -> str:
    """The ClientHello."""
    offered = facts.offered
    if not offered:
        return ""
    versions = _few([name_of(ProtocolVersion, version) for version in offered.versions])
    name, count = short(offered.sni) or "a server without saying its name", len(offered.suites)
    said = [f"{_client(facts)} asks for {name} and offers {versions} with {count} cipher suites."]
    if offered.groups:
        said.append(f"A key can be agreed on in {_few([name_of(NamedGroup, group) for group in offered.groups])}.")
    if offered.alpn:
        said.append(f"It would speak {_few([name.decode('utf-8', 'backslashreplace') for name in offered.alpn])}.")
    if offered.key_shares:
        names = _few([name_of(NamedGroup, group) for group in offered.key_shares])
        said.append(f"It guesses what will be chosen, and sends public keys for {names} at once.")
    said.append(f"Its random number begins with {offered.random[:4].hex()}.")
    if offered.has(ExtensionType.early_data):
        said.append(
            "It does not wait for the answer: data comes along at once, under the secret of an earlier session."
        )
    retry = gist.chosen(facts.retry)
    if retry and retry.group:
        asked = name_of(NamedGroup, retry.group)
        said.append(f"The guess was wrong: it is asked for a key of {asked}, and offers again.")
    elif retry:
        said.append("It is made to show that it is really there, by sending back a cookie, and offers again.")
    return " ".join(said)


def choice(facts: LegFacts) -> str:
    """The ServerHello, and what it makes of early data."""
    chosen = facts.chosen
    if not chosen:
        return ""
    said = [f"{_server(facts)} chooses {facts.version_name} with {facts.suite_name}."]
    if facts.alpn:
        said.append(f"Above it, {facts.alpn} will be spoken.")
    said.append(f"Its random number begins with {chosen.random[:4].hex()}.")
    if facts.resumed:
        said.append("It takes up an earlier session, whose secret both still know.")
    if facts.offered and facts.offered.has(ExtensionType.early_data):
        taken = "takes the early data: it has no proof yet that it is not a copy of an older one"
        left = "leaves the early data aside, and the client has to send it again"
        said.append(f"It {taken if facts.early_accepted else left}.")
    return " ".join(said)


def key_exchange(facts: LegFacts) -> str:
    """How the two come to a secret that nobody else has."""
    if facts.resumed and not (facts.group and facts.version >= TLS1_3):
        return "The keys come from the secret of the earlier session: no new one is agreed on, and no forward secrecy."
    if not facts.group_name and not forward_secret(facts.suite):
        return _stored_key(facts)
    group = facts.group_name or "a group that the messages do not tell"
    if facts.group in POST_QUANTUM:
        said = [_encapsulated(facts.group_name)]
    else:
        said = [
            f"Both send a public key of {group} and keep the private one; from the two each computes the same secret."
        ]
    if facts.resumed:
        said.append("The secret of the earlier session goes into the keys as well, and is what proves who both are.")
    said.append(
        "The private keys are forgotten afterwards: what passed on the wire alone cannot be opened later, not even "
        "with the key of the server's certificate."
    )
    if facts.secrets:
        said.append("This capture can be: it holds the session's secrets as well.")
    return " ".join(said)


def _stored_key(facts: LegFacts) -> str:
    """Without forward secrecy: by RSA, by a key that both have, or by the static key of a certificate."""
    kind = facts.suite_name.removeprefix("TLS_").partition("_WITH_")[0]
    if "RSA" in kind and "DH" not in kind:
        said = (
            f"{_client(facts)} draws a secret and encrypts it to the key in the certificate: whoever gets that key "
            "later opens this recording."
        )
        return f"{said} A key that both have from elsewhere goes into it as well." if "PSK" in kind else said
    if "PSK" in kind:
        return "Both have a key from elsewhere, and take it for the secret: whoever gets it later opens this recording."
    return (
        "The key of the server's certificate is one half of the exchange, and stays the same for all of them: whoever "
        "gets it later opens this recording."
    )


def _encapsulated(name: str) -> str:
    """How ML-KEM agrees on a secret: alone, or beside a curve (draft-ietf-tls-ecdhe-mlkem)."""
    if name.startswith("MLKEM"):
        return (
            f"The client sends a public key of {name}; the server draws a secret and sends it back, encrypted to that "
            "key. A quantum computer does not open it either."
        )
    return (
        f"With {name} a secret is agreed on twice: by public keys on a curve, and by one that the server draws and "
        "encrypts to another key of the client's. The second way is safe from a quantum computer, and the first one "
        "helps if there is a mistake in the second, which is new."
    )


def ciphers(facts: LegFacts) -> str:
    """ChangeCipherSpec, where there was one."""
    if facts.version >= TLS1_3:
        return (
            "ChangeCipherSpec means nothing in TLS 1.3: it is sent so that machines on the way take this for TLS 1.2. "
            "All after the ServerHello is encrypted anyway."
        )
    ways = {way for way, name in facts.messages if name == "ChangeCipherSpec"}
    who = "Both said" if len(ways) > 1 else "Only the server said" if DOWN in ways else "Only the client said"
    return f"{who}: from here on I encrypt with {facts.suite_name}."


def no_ciphers(facts: LegFacts) -> str:
    """Where there was none."""
    return "Nobody sent one, and TLS 1.3 needs none." if facts.version >= TLS1_3 and facts.chain else ""


def server_proof(facts: LegFacts) -> str:
    """The certificate or key that was shown, how it was proved, and what came along with it."""
    if facts.raw_key:
        return f"{_server(facts)} shows a bare public key, for which nobody vouches: the client must know it already."
    leaf = facts_of(facts.chain[0]) if facts.chain else None
    count = len(facts.chain)
    what = f"a chain of {count} certificates" if count > 1 else "one certificate"
    if not count:
        what = "a certificate that is compressed, and cannot be expanded"
    said = [f"{_server(facts)} shows {what}"]
    if leaf:
        subject, issuer = short(leaf.subject) or "no name", short(leaf.issuer) or "nobody"
        said[0] += f": {subject}, vouched for by {issuer}, with the key {leaf.key}"
        if leaf.names:
            said[0] += f", for {_few(leaf.names)}"
    said[0] += "."
    if facts.scheme:
        how = name_of(SignatureScheme, facts.scheme)
        over = "all that was said so far" if facts.version >= TLS1_3 else "both random numbers and its share of the key"
        said.append(f"It proves that the key is its own by signing {over} with {how}.")
    elif facts.version < TLS1_3 and not forward_secret(facts.suite):
        said.append("It proves that the key is its own by opening what is encrypted to it.")
    return " ".join([*said, *_vouched(facts, leaf.sct_count if leaf else 0)])


def _vouched(facts: LegFacts, logged: int) -> Iterator[str]:
    """What others say of the certificate: its authority, the public logs, and our own verification."""
    beside = staple(facts.ocsp)
    if beside.status:
        yield f"With it comes the authority's word on revocation: {beside.text}."
    logged += timestamps(facts.timestamps) + beside.timestamps
    if logged:
        yield f"Public logs have promised to show it to everybody: {logged} timestamp{'s' * (logged > 1)}."
    if facts.verdict:
        yield f"Verification says: {verdicts.said(facts.verdict)}."
    elif facts.verdict is not None:
        yield "Verification finds nothing wrong with it."


def no_server_proof(facts: LegFacts) -> str:
    """Where no certificate was shown."""
    if facts.resumed:
        return "No certificate is shown: only the two of the earlier session know its secret."
    if "_anon_" in facts.suite_name:
        return "It does not: the suite is anonymous, and anybody could have answered."
    if "PSK" in facts.suite_name:
        return "No certificate is shown: only those who were given the key beforehand can finish the handshake."
    return ""


def client_proof(facts: LegFacts) -> str:
    """What the client showed when it was asked."""
    leaf = facts_of(facts.client_chain[0]) if facts.client_chain else None
    said = [f"{_server(facts)} asks for a certificate. {_client(facts)} shows {short(leaf.subject) if leaf else 'one'}"]
    if facts.client_scheme:
        said.append(f"and signs what was said so far with {name_of(SignatureScheme, facts.client_scheme)}")
    return " ".join(said) + "."


def no_client_proof(facts: LegFacts) -> str:
    """Where nobody asked, or the client had nothing to show (RFC 8446 section 4.4.2: an empty certificate_list)."""
    handshake = facts.messages[: facts.place("Finished", UP)]
    if (UP, "Certificate") in handshake:
        return f"{_server(facts)} asks for a certificate. {_client(facts)} has none to show, and says so."
    if facts.asked or not facts.server_hello:
        return ""
    if (DOWN, "CertificateRequest") in facts.messages:
        return "Not in this handshake: the client is asked later who it is."
    return "Nobody asks the client who it is."


UNRECORDED: Final = (
    "Not recorded: of what is passed through only the ClientHello is kept, unless all ciphertext is asked for."
)
UNSEEN: Final = "Not visible without keys: if it happened, it was encrypted."
UNREAD: Final = "Nobody opened the connection: of its handshake the hellos alone are read."
EVIDENT: Final = (
    "Not visible without keys. But records of more than an alert went both ways behind it: the handshake was completed."
)
FINISHED: Final = (
    "Both have sent a hash of all that was said, made with the new secret: had somebody changed a byte on the way, the "
    "two would not agree."
)


def session(facts: LegFacts) -> str:
    """The keys, tickets, and new keys later on."""
    if facts.version >= TLS1_3:
        said = ["From the secret and a hash of all that was said each direction gets keys of its own."]
    elif facts.resumed:
        said = ["From the old master secret and the new random numbers each direction gets keys of its own."]
    else:
        chosen = facts.chosen
        extended = chosen is not None and ExtensionType.extended_master_secret in chosen.extensions.bodies
        of = "a hash of all that was said so far" if extended else "both random numbers"
        said = [f"From the secret and {of} comes the master secret, and from it keys for each direction."]
    labels = list(dict.fromkeys(facts.secrets))
    said.append(f"Secrets logged for this leg: {_few(labels)}." if labels else "No secrets were logged.")
    if facts.tickets:
        longest = max(facts.tickets)
        count = f"{len(facts.tickets)} tickets" if len(facts.tickets) > 1 else "a ticket"
        said.append(f"The server gives {count}, to take the session up again within {_span(longest)}.")
    updates = facts.messages.count((UP, "KeyUpdate")) + facts.messages.count((DOWN, "KeyUpdate"))
    if updates:
        said.append(f"The keys were renewed {'once' if updates == 1 else f'{updates} times'}.")
    return " ".join(said)


def _span(seconds: int) -> str:
    """`7 days`, `1 hour`, `90 seconds`: in the largest unit of which there are two, or exactly one."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds == size or seconds >= 2 * size:
            count = f"{seconds / size:.1f}".removesuffix(".0")
            return f"{count} {unit}{'' if count == '1' else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def data(facts: LegFacts) -> str:
    """How much passed."""
    above = f" of {facts.alpn}" if facts.alpn else ""
    up, down = (f"{count} byte{'' if count == 1 else 's'}" for count in (facts.up, facts.down))
    return f"{up}{above} went up and {down} came down, encrypted on this leg with {facts.suite_name}."


def no_data(facts: LegFacts) -> str:
    """Where none did."""
    return "The connection ended without a byte of data." if facts.done and facts.over else ""

"""XML and HTML as trees of tags that know their bytes; tolerant, and nothing is expanded, loaded or run.

    read(body) -> Reading            XML or HTML, by the media type
    read_svg(body) -> Reading        an image in XML

The tokenizer goes forward only: tags and attributes as HTML section 13.2.5 cuts them, comments, CDATA, processing
instructions, the DOCTYPE. Entities stay as they are written: those that a DTD declares are shown as a declaration, and
so a billion laughs are seven lines. End tags close what they name if that is open; others are pointed at.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlscope.wire.content import charset
from tlscope.wire.content.reading import LEVELS, TEXT, Kind, Reading, Room, clipped, line, omitted, plural
from tlscope.wire.field import Field, malformed

if TYPE_CHECKING:
    from tlscope.wire.content.reading import Body

SHORT = 120
"""Characters of a text that its field's text shows."""
LONG_LINE = 400
"""Characters a line, on average, above which markup is broken into lines for people."""
VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr".split())
"""Elements that have no end (HTML section 13.1.2)."""
RAW = frozenset(b"script style textarea title xmp iframe noembed noframes".split())
"""Elements whose contents are text, whatever it looks like (HTML sections 13.2.5.1 to 13.2.5.3)."""
OPTIONAL = frozenset(b"p li dt dd tr td th thead tbody tfoot option optgroup colgroup html head body rp rt".split())
"""Elements that need no end tag (HTML section 13.1.2.4)."""
ENTITIES = "Declares entities, which are not expanded here: a parser that does may read files or run out of memory."
EVENT = "A handler: a script that the browser runs."

_NEXT = re.compile(
    rb"<(?:(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<doctype>![A-Za-z\[])|(?P<pi>\?)|(?P<end>/[A-Za-z_:\x80-\xff])|"
    rb"(?P<tag>[A-Za-z_:\x80-\xff])|(?P<cut>(?:/|!-?)?\Z))"
)
_RAW_CUT = re.compile(rb"<(?:/[A-Za-z]*)?\Z")
_TAG_NAME = re.compile(rb"[^\s/>]++")
_ATTRIBUTE = re.compile(
    rb"""[\s/]*+([^\s=>/][^\s=>/]*+)(\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)|(["'])|(?=>)|\Z))?"""
)
_TAG_END = re.compile(rb"[\s/=]*+>")
_SPACE = re.compile(rb"[\s/=]*+")
_DOCTYPE_PART = re.compile(rb"""[^\[\]>"'<]++|"[^"]*+"|'[^']*+'|<|["']""")
_ROOTS = {"rss": "RSS feed", "feed": "Atom feed", "envelope": "SOAP message", "plist": "property list", "svg": "SVG",
          "urlset": "sitemap", "sitemapindex": "sitemap index", "mpd": "MPEG-DASH manifest",
          "methodcall": "XML-RPC call",
          "methodresponse": "XML-RPC response", "multistatus": "WebDAV multistatus", "response": "response",
          "authnrequest": "SAML request", "html": "XHTML"}  # fmt: skip
"""Root elements that tell what a document is."""


@dataclass(slots=True)
class Node:
    """An element that is open."""

    name: bytes
    start: int
    fields: list[Field] = field(default_factory=list)
    note: str = ""


class Document:
    """Reads markup once; `root` and `title` are found on the way."""

    def __init__(self, data: bytes, room: Room, codec: str, *, html: bool) -> None:
        self.data, self.room, self.codec, self.html = data, room, codec, html
        self.stack = [Node(b"", 0)]
        self.open: Counter[bytes] = Counter()
        self.root, self.title, self.problem = "", "", ""
        self.tags = 0
        self.attributes: dict[str, str] = {}
        """Those of the root element."""

    def read(self, at: int = 0) -> tuple[Field, ...]:
        """All of it as fields."""
        data, end = self.data, len(self.data)
        while at < end:
            match = _NEXT.search(data, at)
            start = match.start() if match else end
            if start > at and not self._text(at, start):
                break
            if match is None:
                break
            if not self.room.take():
                self._last(start)
                break
            at = self._markup(match)
        while len(self.stack) > 1:
            node = self.stack[-1]
            if not self.html and not self.room.fields < 0:
                self._wrong(end, 0, f"<{self._said(node.name)}> is not closed")
            self._close(end)
        return tuple(self.stack[0].fields)

    def _markup(self, match: re.Match[bytes]) -> int:
        """What begins with `<`; where it ends."""
        start, kind = match.start(), match.lastgroup
        if kind == "tag":
            return self._tag(start)
        if kind == "end":
            return self._end_tag(start)
        if kind == "comment":
            return self._until(start, b"-->", "xml.comment", "Comment", 4)
        if kind == "cdata":
            return self._until(start, b"]]>", "xml.cdatasection", "CDATASection", 9)
        if kind == "pi":
            return self._until(start, b">" if self.html else b"?>", "xml.xmlpi", "XMLPI", 2)
        if kind == "cut":
            self._wrong(start, len(self.data) - start, "markup ends early")
            return len(self.data)
        return self._doctype(start)

    def _add(self, made: Field) -> None:
        self.stack[-1].fields.append(made)

    def _said(self, data: bytes) -> str:
        return data[:200].decode(self.codec, "replace")

    def _wrong(self, start: int, length: int, why: str) -> None:
        self.problem = self.problem or f"at byte {start}: {why}"
        self._add(malformed(start, length, why))

    def _last(self, at: int) -> None:
        self._add(omitted(at, len(self.data) - at))

    def _text(self, at: int, end: int) -> bool:
        """Text between tags; space alone is left out. Whether there was room for it."""
        raw = self.data[at:end]
        if not raw.strip():
            return True
        if not self.room.take():
            self._last(at)
            return False
        text = raw.decode(self.codec, "replace")
        self._add(Field("xml.cdata", "CDATA", text, at, end - at, line(text.strip(), SHORT)))
        return True

    def _until(self, start: int, closing: bytes, key: str, label: str, head: int) -> int:
        end = self.data.find(closing, start + head)
        if end < 0:
            self._wrong(start, len(self.data) - start, f"{label} ends early")
            return len(self.data)
        inner = self.data[start + head : end].decode(self.codec, "replace")
        end += len(closing)
        self._add(Field(key, label, inner, start, end - start, line(inner.strip(), SHORT)))
        return end

    def _doctype(self, start: int) -> int:
        """A DOCTYPE, with its internal subset, unread; or whatever else begins with `<!`."""
        at, depth, end = start + 2, 0, len(self.data)
        while at < end:
            byte = self.data[at : at + 1]
            if byte == b"[":
                depth += 1
            elif byte == b"]":
                depth = max(0, depth - 1)
            elif byte == b">" and depth == 0:
                inner = self.data[start + 2 : at].decode(self.codec, "replace")
                note = ENTITIES if "<!ENTITY" in inner.upper() else ""
                self._add(Field("xml.doctype", "Doctype", inner, start, at + 1 - start, line(inner, SHORT), note))
                return at + 1
            elif self.data.startswith(b"<!--", at):
                comment = self.data.find(b"-->", at + 4)
                at = comment + 2 if comment >= 0 else end
            elif part := _DOCTYPE_PART.match(self.data, at):
                at = part.end() - 1
            at += 1
        self._wrong(start, end - start, "Doctype ends early")
        return end

    def _tag(self, start: int) -> int:
        name_match = _TAG_NAME.match(self.data, start + 1)
        assert name_match is not None  # _NEXT has seen a letter
        name, at = name_match[0], name_match.end()
        node = Node(name.lower() if self.html else name, start)
        shown_name = self._said(name)
        node.fields.append(Field("xml.tag.name", "Name", shown_name, start + 1, len(name), shown_name))
        end = self._attributes(node, at)
        if end < 0:
            self.stack.append(node)
            self._wrong(at, len(self.data) - at, f"the tag <{shown_name}> ends early")
            self._close(len(self.data), count=False)
            return len(self.data)
        self.tags += 1
        if not self.root:
            self.root = shown_name
            self.attributes = {str(one.value): one.text for one in node.fields if one.key == "xml.attribute"}
        self.stack.append(node)
        self.open[node.name] += 1
        if (self.html and node.name in VOID) or self.data[end - 2 : end] == b"/>":
            self._close(end)
        elif self.html and node.name in RAW:
            return self._raw(node, end)
        elif len(self.stack) > LEVELS:
            self._close(end)  # what lies deeper is shown beside it
        return end

    def _attributes(self, node: Node, at: int) -> int:
        """A tag's attributes; where the tag ends, or -1."""
        data = self.data
        while True:
            if closing := _TAG_END.match(data, at):
                return closing.end()
            space = _SPACE.match(data, at)
            at = space.end() if space else at
            match = _ATTRIBUTE.match(data, at)
            if match is None or match[6]:  # nothing left, or a quote that does not close
                return -1
            index = next((group for group in (3, 4, 5) if match[group] is not None), 0)
            value = match[index].decode(self.codec, "replace") if index else ""
            name = self._said(match[1])
            if self.room.take():
                note = EVENT if self.html and name[:2].lower() == "on" else ""
                node.fields.append(Field("xml.attribute", "Attribute", name, match.start(1),
                                         match.end() - match.start(1), value[:LONG_LINE], note))  # fmt: skip
            at = match.end()

    def _raw(self, node: Node, at: int) -> int:
        """The text of a script or a title, up to its end tag."""
        closing = re.compile(rb"</" + re.escape(node.name) + rb"(?=[\s/>]|\Z)", re.IGNORECASE).search(self.data, at)
        cut = _RAW_CUT.search(self.data, max(at, len(self.data) - 20))
        end = closing.start() if closing else cut.start() if cut else len(self.data)
        if node.name == b"title" and not self.title:
            self.title = self.data[at : min(end, at + 400)].decode(self.codec, "replace").strip()
        self._text(at, end)
        if closing is None:
            self._wrong(end, len(self.data) - end, f"<{self._said(node.name)}> is not closed")
            self._close(len(self.data))
            return len(self.data)
        return end

    def _end_tag(self, start: int) -> int:
        name_match = _TAG_NAME.match(self.data, start + 2)
        assert name_match is not None  # as in _tag
        name = name_match[0].lower() if self.html else name_match[0]
        end = self.data.find(b">", name_match.end()) + 1
        if not end:
            self._wrong(start, len(self.data) - start, "an end tag ends early")
            return len(self.data)
        if not self.open[name]:
            if not (self.html or self._beyond()):
                self._wrong(start, end - start, f"</{self._said(name)}> closes nothing")
            return end
        while self.stack[-1].name != name:
            inner = self.stack[-1]
            if not self.html or inner.name not in OPTIONAL:
                self._wrong(start, 0, f"<{self._said(inner.name)}> is not closed")
            self._close(start)
        self._close(end)
        return end

    def _beyond(self) -> bool:
        """Whether elements lie so deep that some were not opened: then an end tag may be theirs."""
        return len(self.stack) >= LEVELS

    def _close(self, end: int, *, count: bool = True) -> None:
        node = self.stack.pop()
        if count:
            self.open[node.name] -= 1
        name = self._said(node.name)
        attributes = " ".join(f'{one.value!s}="{one.text}"' for one in node.fields[1:6] if one.key == "xml.attribute")
        text = line(f"<{name}{' ' if attributes else ''}{attributes}>", SHORT)
        self._add(Field("xml.tag", "Tag", name, node.start, end - node.start, text, node.note, "", tuple(node.fields)))


def read(body: Body) -> Reading:
    """A document."""
    html = body.media.type == "text/html"
    found = charset.of(body.media, body.data)
    text, more = charset.text(body.data, found)
    if not found.ascii:  # the tokenizer reads bytes; these it cannot
        document = Document(text.encode("utf-8", "replace"), Room(), "utf-8", html=html)
        document.read()
        fields: tuple[Field, ...] = (omitted(0, len(body.data), f" of {found.name}"),)
    else:
        document = Document(body.data, body.room, found.codec, html=html)
        fields = document.read(found.mark)
    kind = Kind.HTML if html or document.root.lower() == "html" else Kind.XML
    key, label = ("html", "HyperText Markup Language") if html else ("xml", "eXtensible Markup Language")
    tree = Field(key, label, None, 0, len(body.data), "", "", "", fields)
    if len(text) > LONG_LINE and len(text) > LONG_LINE * (text.count("\n") + 1):
        text = pretty(text)
    problem = document.problem if kind is Kind.XML or not html else ""
    return Reading(kind, _summary(document, kind), clipped(text, more), tree, problem or found.problem, found.name)


def _summary(document: Document, kind: Kind) -> str:
    tags = plural(document.tags, "element")
    if kind is Kind.HTML:
        return "HTML" + (f", “{line(document.title)}”" if document.title else "") + f", {tags}"
    root = document.root.rpartition(":")[2].lower()
    return f"XML, {_ROOTS[root] if root in _ROOTS else f'<{line(document.root)}>'}, {tags}"


def read_svg(body: Body) -> Reading:
    """An SVG image: its size, and that it may run scripts."""
    reading = read(body._replace(media=body.media._replace(type="image/svg+xml")))
    first = next((one for one in reading.tree.walk() if one.key == "xml.tag"), None)
    said = {str(one.value): one.text for one in first.children if one.key == "xml.attribute"} if first else {}
    size = "x".join(line(said[name], 12).removesuffix("px") for name in ("width", "height") if name in said)
    if "x" not in size:
        size = f"viewBox {line(said['viewBox'], 40)}" if "viewBox" in said else ""
    script = any(one.key == "xml.tag" and str(one.value).lower() == "script" for one in reading.tree.walk())
    summary = "SVG" + (f" {size}" if size else "") + (", with a script" if script else "")
    return reading._replace(kind=Kind.IMAGE, summary=summary)


_PIECE = re.compile(r"<[^<>]*>|[^<]+|<")


def pretty(text: str) -> str:
    """Markup with a tag a line, indented. Contents of `pre` and scripts are broken, too: it is for reading only."""
    made: list[str] = []
    level = size = 0
    for match in _PIECE.finditer(text):
        piece = match[0].strip()
        if not piece:
            continue
        closing = piece.startswith("</")
        level = max(0, level - closing)
        made.append("  " * min(level, LEVELS) + piece)
        size += len(made[-1])
        if size > TEXT:
            break
        name = piece[1:].split(None, 1)[0].strip("/>").lower() if len(piece) > 1 and piece[0] == "<" else ""
        opens = piece[0] == "<" and len(piece) > 1 and not closing and piece[1] not in "!?" and piece[-2:] != "/>"
        level += opens and piece[-1] == ">" and name.encode("utf-8", "replace") not in VOID
    return "\n".join(made)

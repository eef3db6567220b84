"""Check untrusted XML before other code reads it, with the same parser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

from astronomical.errors import InvalidInputError

__all__ = ["Start", "XmlError", "check_xml", "local_name"]

_MAX_DEPTH = 100
_MAX_ATTRIBUTES = 100
#: Encodings that expat decodes itself, so that all programs that use it read the same text.
_ENCODINGS = frozenset({"utf-8", "utf-16", "iso-8859-1", "us-ascii"})

#: Called for each element with its name, its attributes, and the byte offset of its tag.
Start = Callable[[str, Mapping[str, str], int], None]


class XmlError(InvalidInputError):
    """The XML is damaged or uses a feature that is not allowed; the message says which and where."""


def check_xml(content: bytes, start: Start | None = None) -> None:
    """Parse a whole XML document.

    Parameters
    ----------
    content
        The document.
    start
        Called for each element. Its exceptions are passed on.

    Raises
    ------
    XmlError
        If the document is not well-formed, defines a document type or entities, has an uncommon encoding, or is
        nested too deeply.
    """
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    depth = 0

    def refuse(what: str) -> XmlError:
        return XmlError(f"line {parser.CurrentLineNumber} {what}")

    def on_declaration(version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise refuse(f"says that the encoding is {encoding[:40]!r}; save the file in UTF-8")

    def on_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        # A document type without content defines nothing, and its external subset is not fetched.
        if internal:
            raise refuse("defines a document type or entities, which are not allowed; remove the DOCTYPE")

    def on_entity(*_: object) -> int:
        raise refuse("defines or uses an entity, which is not allowed; remove the DOCTYPE and its entities")

    def on_start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise refuse(f"nests elements more than {_MAX_DEPTH} deep")
        if len(attributes) > _MAX_ATTRIBUTES:
            raise refuse(f"has an element with more than {_MAX_ATTRIBUTES} attributes")
        if start is not None:
            start(name, attributes, parser.CurrentByteIndex)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.XmlDeclHandler = on_declaration
    parser.StartDoctypeDeclHandler = on_doctype
    parser.EntityDeclHandler = on_entity
    parser.UnparsedEntityDeclHandler = on_entity
    parser.ExternalEntityRefHandler = on_entity
    parser.SkippedEntityHandler = on_entity
    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise XmlError(
            f"line {error.lineno} is not well-formed XML ({expat.ErrorString(error.code)}); download the file again"
        ) from None


def local_name(name: str) -> str:
    """Return the name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]

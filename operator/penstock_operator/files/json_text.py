"""JSON that a reader of YAML takes for the same document, as the API server reads what is applied. Pure.

YAML refuses some characters as they are, turns one into a space, and knows no surrogate pairs, which JSON's own escapes
would make of an emoji. So what YAML refuses is escaped, and nothing else.
"""

import json
import re
from typing import Final

_NOT_AS_IT_IS: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def dump_json(document: object) -> bytes:
    """UTF-8. A lone surrogate, which no text should hold, is left for the API server to judge."""
    text = json.dumps(document, ensure_ascii=False)
    return _NOT_AS_IT_IS.sub(_escaped, text).encode(errors="surrogatepass")


def _escaped(found: re.Match[str]) -> str:
    """Outside a string JSON has none of these."""
    return f"\\u{ord(found[0]):04x}"

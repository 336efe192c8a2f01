"""Names that somebody chose to do harm: Mode lets its users call things as they like."""

from __future__ import annotations

NAMES = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "template": "{{ conn.mode_default.password }}{% for x in y %}",
    "format": "%s %(name)s {0} {name!r}",
    "lines": "one\r\nSet-Cookie: x\n2026-01-01 ERROR forged line",
    "separators": "one\u2028two\u2029three\x85four",
    "path": "../../../../etc/passwd",
    "windows": "..\\..\\C:\\x",
    "colours": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "nothing": "\x00\x08\x7f",
    "direction": "\u202egnp.exe\u2066\u200f",
    "formula": '=HYPERLINK("http://example.com","click")',
    "plus": "+1+cmd|' /C calc'!A0",
    "link": "[click](javascript:alert(1)) | `code` | <http://example.com>",
    "long": "x" * 10_000,
    "surrogate": "half \ud800 pair",
    "json": '","digest":"sha256:0',
    "empty": "",
}
UNSEEN = "\x1b\x07\x00\x08\x7f\u202e\u2066\u200f"
"""What must reach no page, no log and no terminal."""

"""Sphinx extension: leave out the scripts of thebe, which this book does not use.

Jupyter Book always adds them. They are added twice, which every browser reports as an error, and
name a host of their own.
"""

from typing import Any


def leave_out(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take the scripts out of a page."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in str(getattr(script, "filename", None) or "")
        and "THEBE_JS_URL" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]


def setup(app: Any) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", leave_out, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

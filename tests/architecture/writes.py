"""Finds the calls in a module that write rows, by reading its syntax tree.

Names alone cannot tell `video.save()` from `image.save(path)`, so the rules go by shape: what is
called on, and with which arguments. They lean towards finding too much.
"""

from __future__ import annotations

import ast
import re

ALWAYS = {
    *("bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create"),
    *("acreate", "aupdate", "adelete", "asave", "raw_delete"),
}
MANAGERS = re.compile(r"(^|[._])(objects|_default_manager|_base_manager)$")
# A field's own storage, a hash, a picture: not rows.
NOT_ROWS = re.compile(
    r"storage|storages|image|picture|canvas|overlay|frame|digest|hash|sha|hasher|path|cache|"
    r"session|services|messages|cookies|headers|GET|POST|environ|storages\['default'\]"
)
SAVE_TAKES = {"update_fields", "force_insert", "force_update", "using", "commit"}
RELATIONS = {"add", "set", "remove", "clear"}
RELATED = ("_set", "consents", "renders", "items", "videos", "groups")
SQL_WRITE = re.compile(r"^\s*(with\b.*)?(insert|update|delete|replace|truncate)\b", re.I | re.S)


def orm_writes(source: str) -> list[tuple[int, str]]:
    """(line, call) for each call that writes rows."""
    return [
        (node.lineno, ast.unparse(node)[:100])
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _writes(node)
    ]


def _writes(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    method, target = call.func.attr, ast.unparse(call.func.value)
    if method in ALWAYS:
        return True
    if method == "execute":
        return _is_sql_write(call)
    if NOT_ROWS.search(target.rsplit(".", 1)[-1]):
        return False
    keywords = {keyword.arg for keyword in call.keywords}
    many = target.endswith((")", "_set"))
    writes = {
        "create": bool(MANAGERS.search(target)) or many,
        # QuerySet.update takes only keywords; dict.update and a hash take something positional.
        "update": not call.args and (bool(keywords) or many),
        "delete": not call.args,
        "save": not call.args and keywords <= SAVE_TAKES,
    }
    if method in RELATIONS:
        return target.endswith(RELATED)
    return writes.get(method, False)


def _is_sql_write(call: ast.Call) -> bool:
    if not call.args:
        return False
    first = call.args[0]
    return (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and bool(SQL_WRITE.search(first.value))
    )

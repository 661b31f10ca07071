"""The app on which these tests run their scripts: an entity, each kind of action in both languages, and more."""

from __future__ import annotations

from pathlib import Path

_HEAD = """
[app]
name = "lab"
label = "Laboratory"

[entities.companies]
label = "Companies"
label_field = "name"

[entities.companies.fields]
name = { type = "text", required = true, max_length = 50 }
type = { type = "choice", choices = ["a", "b", "c", "d"], default = "d" }
code = { type = "text", unique = true }
size = { type = "integer", min = 0, max = 1000000 }
score = { type = "number" }
active = { type = "boolean" }
founded = { type = "date" }
seenAt = { type = "datetime" }
notes = { type = "json" }
owner = { type = "relation", entity = "companies" }
"""

_ONE = {
    "logSomething": (
        "sys.jobs.logInfo(record.label() + ': ' + params.param1 + ', ' + params.param2);",
        "sys.jobs.logInfo(record.label() + ': ' + params.param1 + ', ' + params.param2)",
    ),
    "echo": (
        "return {record: record.label(), params: params, action: action, query: typeof query};",
        "try:\n    query\n    seen = 'defined'\nexcept NameError:\n    seen = 'undefined'\n"
        "return {'record': record.label(), 'params': params, 'action': action, 'query': seen}",
    ),
    "failForB": (
        "var code = params.code || 'badRequest';\n"
        "if (record.field('type').val() == 'b') sys.exceptions.throwException(code, 'no b', {of: 'b'});\nreturn 1;",
        "if record.field('type').val() == 'b':\n"
        "    sys.exceptions.throwException(params.get('code') or 'badRequest', 'no b', {'of': 'b'})\nreturn 1",
    ),
    "label": ("return record.label();", "return record.label()"),
    "quiet": ("return 'never seen';", "return 'never seen'"),
}
_MANY = {
    "echoMany": (
        "return {query: query, params: params, action: action, record: typeof record};",
        "try:\n    record\n    seen = 'defined'\nexcept NameError:\n    seen = 'undefined'\n"
        "return {'query': query, 'params': params, 'action': action, 'record': seen}",
    ),
    "quietMany": ("return 'never seen';", "return 'never seen'"),
}
_GLOBAL = {
    "echoGlobal": (
        "return {params: params, action: action, record: typeof record, query: typeof query};",
        "seen = []\ntry:\n    record\n    seen.append(1)\nexcept NameError:\n    pass\n"
        "try:\n    query\n    seen.append(2)\nexcept NameError:\n    pass\n"
        "return {'params': params, 'action': action, 'record': 'undefined' if 1 not in seen else '', "
        "'query': 'undefined' if 2 not in seen else ''}",
    ),
    "pause": (
        "sys.utils.script.wait(params.ms || 0);\nreturn 'rested';",
        "sys.utils.script.wait(params.get('ms') or 0)\nreturn 'rested'",
    ),
    "spin": ("while (true) {}", "while True:\n    pass"),
    "busy": (
        "while (true) sys.jobs.setProgress(7, 'busy');",
        "while True:\n    sys.jobs.setProgress(7, 'busy')",
    ),
    "fail": (
        "sys.exceptions.throwException(params.code, params.message, params.info);",
        "sys.exceptions.throwException(params.get('code'), params.get('message'), params.get('info'))",
    ),
    "speak": (
        "sys.jobs.logInfo('first');\nsys.jobs.logError('second, of Errors');\nsys.jobs.logInfo('third');",
        "sys.jobs.logInfo('first')\nsys.jobs.logError('second, of Errors')\nsys.jobs.logInfo('third')",
    ),
    "flaky": (
        "var job = sys.jobs.getCurrentJob();\nif (job.attempt() < 2) throw new Error('later');\nreturn job.attempt();",
        "job = sys.jobs.getCurrentJob()\nif job.attempt() < 2:\n    raise ValueError('later')\nreturn job.attempt()",
    ),
    "deeper": (
        "if (params.depth > 0) {\n"
        "  var id = sys.data.executeGlobalAction(null, action, {depth: params.depth - 1});\n"
        "  return 1 + sys.jobs.waitForJob(id, 'FINISHED', 300000).results().results.response;\n"
        "}\nreturn 0;",
        "if params.depth > 0:\n"
        "    id = sys.data.executeGlobalAction(null, action, {'depth': params.depth - 1})\n"
        "    return 1 + sys.jobs.waitForJob(id, 'FINISHED', 300000).results()['results']['response']\n"
        "return 0",
    ),
}
_EXTRA = {"flaky": "max_attempts = 3", "quiet": "return_response = false", "quietMany": "return_response = false"}


# What is no action: a listener, and an endpoint that anybody may call.
_OTHERS = {
    "nightly": ('[listeners.nightly]\non = "custom"\nevent = "nightFell"', "return event.data;"),
    "stats": (
        '[endpoints.stats]\npath = "/stats"\naccess = "public"',
        "return {companies: sys.data.count('companies')};",
    ),
}


def write(folder: Path, name: str) -> Path:
    """The app as a folder on disk, under this name. Every action is there twice: echo (JavaScript) and echoPy."""
    (folder / "actions").mkdir(parents=True)
    parts = [_HEAD.replace('"lab"', f'"{name}"')]
    for kind, prefix, actions in (
        ("one", "entities.companies.", _ONE),
        ("many", "entities.companies.", _MANY),
        ("global", "", _GLOBAL),
    ):
        for action, (js, py) in actions.items():
            for suffix, ending, source in (("", "js", js), ("Py", "py", py)):
                path = f"actions/{action}.{ending}"
                (folder / path).write_text(source + "\n", encoding="utf-8")
                parts.append(f'[{prefix}actions.{action}{suffix}]\nkind = "{kind}"\nscript = "{path}"')
                parts[-1] += f"\n{_EXTRA.get(action, '')}\n"
    for name, (toml, source) in _OTHERS.items():
        (folder / "actions" / f"{name}.js").write_text(source + "\n", encoding="utf-8")
        parts.append(f'{toml}\nscript = "actions/{name}.js"\n')
    (folder / "app.toml").write_text("\n".join(parts), encoding="utf-8")
    return folder

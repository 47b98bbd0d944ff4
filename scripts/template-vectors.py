#!/usr/bin/env python3
"""Makes test/vectors/templates.json: what Python's Jinja2 makes of the templates in scripts/template-cases.

    apt-get install python3-jinja2   (or: pip install jinja2)
    python3 scripts/template-vectors.py

The texts hold cases one after the other. Each begins with a line `%% CONTEXT: what it is about`, where CONTEXT names a member of
contexts.json, with ` escaped` after it for a template that writes JSON (contract grafana-oncall 3.4): there texts are escaped beforehand,
as in Grafana OnCall, whose result is ours wherever nothing but literals looks at the escapes. With ` escaped last` each value is escaped
when it is put into the text. That is ours wherever a value is nothing but data. A case's last line break does not count. The custom filters are written from the contract; the rest is Jinja2 itself.
"""

import base64
import copy
import datetime
import json
import pathlib
import re
import sys
import zoneinfo

import jinja2
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = ROOT / "scripts" / "template-cases"
VECTORS = ROOT / "test" / "vectors" / "templates.json"
USUAL = "%H:%M / %d-%m-%Y"
REFUSED = (ValueError, AttributeError, TypeError)


def or_none(work):
    """A filter that answers None where its input is bad."""

    def filter(*args, **named):
        try:
            return work(*args, **named)
        except REFUSED:
            return None

    return filter


def in_zone(value, format=USUAL, tz="UTC"):
    return value.astimezone(zoneinfo.ZoneInfo(tz)).strftime(format)


def from_timestamp(value):
    seconds = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    return seconds.replace(tzinfo=None)


def from_iso(value):
    return datetime.datetime.fromisoformat(value)


UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def time_delta(value):
    found = re.fullmatch(r"([-+]?\d+)([smhdwMQy])", value)
    if found is None or found.group(2) not in UNITS:
        return None
    return datetime.timedelta(**{UNITS[found.group(2)]: int(found.group(1))})


FILTERS = {
    "datetimeformat": or_none(lambda value, format=USUAL: value.strftime(format)),
    "datetimeformat_as_timezone": or_none(in_zone),
    "datetimeparse": or_none(lambda value, format=USUAL: datetime.datetime.strptime(value, format)),
    "timestamp_to_datetime": or_none(from_timestamp),
    "iso8601_to_time": or_none(from_iso),
    "timedeltaparse": or_none(time_delta),
    "tojson_pretty": or_none(
        lambda value: json.dumps(value, sort_keys=True, indent=4, separators=(",", ": "), ensure_ascii=False)
    ),
    "json_dumps": or_none(json.dumps),
    "regex_replace": or_none(lambda value, find, replace: re.sub(find, replace, value)),
    "regex_match": or_none(lambda value, pattern: bool(re.match(pattern, value))),
    "regex_search": or_none(lambda value, pattern: bool(re.search(pattern, value))),
    "b64decode": or_none(lambda value: base64.b64decode(value).decode("utf-8")),
    "parse_json": or_none(json.loads),
}


def refuse_range(*_args):
    raise SecurityError("use of 'range' is restricted")


class QuotedDict(dict):
    """Prints with its quotes escaped, as `data` and `headers` see dicts."""

    def __str__(self):
        return re.sub(r'(?<!\\)"', r"\"", super().__str__())


# Messages call it a dict.
QuotedDict.__module__ = "builtins"
QuotedDict.__name__ = "dict"


def escaped(value):
    if isinstance(value, str):
        return quoteless(value)
    if isinstance(value, dict):
        return QuotedDict({key: escaped(member) for key, member in value.items()})
    return [escaped(item) for item in value] if isinstance(value, list) else value


def quoteless(text):
    return json.dumps(text, ensure_ascii=False)[1:-1]


def environment(finalize=None):
    made = SandboxedEnvironment(finalize=finalize)
    made.filters.update(FILTERS)
    made.globals.update(range=refuse_range, time=lambda: datetime.datetime.now(datetime.timezone.utc))
    return made


def outcome(template, context, finalize=None):
    """`expected` with the text, or `error` with the words of the contract."""
    try:
        return {"expected": environment(finalize).from_string(template).render(context)}
    except (SecurityError, jinja2.TemplateSyntaxError) as fault:
        return {"error": f"Template Error: {fault.message if hasattr(fault, 'message') else fault}"}
    except (TypeError, KeyError, ValueError, UndefinedError) as fault:
        return {"error": f"Template Warning: {fault}"}
    except Exception as fault:
        return {"error": f"Template Error: {fault}"}


HEADER = re.compile(r"^%% (?P<context>\w+)(?P<escaped> escaped)?(?P<last> last)?: (?P<about>.*)\n", re.MULTILINE)


def cases_of(path, contexts):
    text = path.read_text("utf-8")
    headers = list(HEADER.finditer(text))
    for header, following in zip(headers, headers[1:] + [None]):
        template = text[header.end() : following.start() if following else len(text)].removesuffix("\n")
        context = contexts[header["context"]]
        seen = copy.deepcopy(context)
        case = {"about": f"{path.stem}: {header['about']}", "template": template, "context": context}
        if header["escaped"]:
            case["isEscaped"] = True
        if header["escaped"] and not header["last"]:
            seen = {name: escaped(member) for name, member in seen.items()}
        result = outcome(template, seen, (lambda value: quoteless(str(value))) if header["last"] else None)
        if " object at 0x" in result.get("expected", ""):
            sys.exit(f"{case['about']}: an address is not the same twice")
        yield {**case, **result}


def main():
    if not jinja2.__version__.startswith("3."):
        sys.exit(f"Jinja2 3 is wanted, and this is {jinja2.__version__}")
    contexts = json.loads((CASES / "contexts.json").read_text("utf-8"))
    cases = [case for path in sorted(CASES.glob("*.txt")) for case in cases_of(path, contexts)]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    VECTORS.write_text(f"[\n{lines}\n]\n", "utf-8")
    failed = sum("error" in case for case in cases)
    print(f"{len(cases)} templates, {failed} of them with an error, by Jinja2 {jinja2.__version__}")


main()

"""Compares what Slither found with what static-analysis.md answers: slither_answers.py FOUND.json ANSWERS.md

A finding is named by its detector and the function, or the contract's variable, that it is about: no lines, which move. In
the answers it is a line of a list, "* `detector` `Contract.function(types)`".
"""

import json
import pathlib
import re
import sys

ANSWER = re.compile(r"^\* `([a-z0-9-]+)` `([^`]+)`$", re.MULTILINE)


def named(element: dict) -> str:
    """`Contract.function(types)`, or `Contract.function(types).variable`."""
    fields = element.get("type_specific_fields", {})
    name = fields.get("signature", element["name"])
    parent = fields.get("parent")
    return f"{named(parent)}.{name}" if parent and parent["type"] in ("contract", "function") else name


def main() -> None:
    report = json.loads(pathlib.Path(sys.argv[1]).read_text())
    if not report["success"]:
        sys.exit(f"slither failed: {report['error']}")
    results = report["results"].get("detectors", [])
    found = {(each["check"], named(each["elements"][0])) for each in results}
    answers = ANSWER.findall(pathlib.Path(sys.argv[2]).read_text())
    twice = {answer for answer in answers if answers.count(answer) > 1}
    for label, those in (
        ("not answered", found - set(answers)),
        ("answered, and not found any more", set(answers) - found),
        ("answered twice", twice),
    ):
        for check, name in sorted(those):
            print(f"{label}: * `{check}` `{name}`")
    if found != set(answers) or twice:
        sys.exit(1)
    print(f"slither: {len(found)} findings, each answered", file=sys.stderr)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""questions.py: twelve analysts' questions over a small force, of which every row is known. A parameter {"time": "..."} is
given as a time."""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conformance import compare

candour, source = os.environ["CANDOUR"], os.environ.get("SOURCE", ".")
folder = os.path.join(source, "../shared/questions")


def parameter(name, value):
    if isinstance(value, dict) and set(value) == {"time"}:
        return f"{name}:time={value['time']}"
    return f"{name}={json.dumps(value)}"


def main():
    if not os.path.exists(folder):
        print("there are no questions:", folder)
        sys.exit(77)
    with open(os.path.join(folder, "questions.json"), encoding="utf-8") as f:
        questions = json.load(f)
    failed = 0
    with tempfile.TemporaryDirectory() as room:
        store = os.path.join(room, "force.candour")
        subprocess.run([candour, "load", os.path.join(folder, "force"), "--into", store, "--presence", "all", "--quiet"],
                       check=True)
        for q in questions:
            words = [w for name, value in q["params"].items() for w in ("--param", parameter(name, value))]
            ran = subprocess.run([candour, "query", store, q["query"], "--json", *words], capture_output=True, text=True)
            wrong = ran.stderr.strip() if ran.returncode else compare(q, json.loads(ran.stdout))
            print("FAIL" if wrong else "ok  ", f"{q['id']}: {q['title']}", wrong or "")
            failed += bool(wrong)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

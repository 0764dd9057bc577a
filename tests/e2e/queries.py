# SPDX-License-Identifier: GPL-3.0-or-later
"""queries.py: the questions of queries.test over tests/data/small, each with its rows as CSV, or the message it is refused with.

A question ends with `;` at the end of a line; before it may stand lines `%%PARAM name=value`. Then its rows, or one line
`%%FAIL message`; then a blank line. CANDOUR_QUERIES_REWRITE=1 writes what is answered back into the file, to be read."""
import os, subprocess, sys, tempfile

candour, source = os.environ["CANDOUR"], os.environ.get("SOURCE", ".")
PATH = os.path.join(source, "tests/e2e/queries.test")


def read_blocks():
    """(comment lines, parameters, question, answer) of each; what stands between them as they stand."""
    with open(PATH, encoding="utf-8") as f:
        for block in f.read().strip().split("\n\n"):
            lines = block.split("\n")
            notes, parameters, question = [], [], []
            while lines and lines[0].startswith("#"):
                notes.append(lines.pop(0))
            while lines and lines[0].startswith("%%PARAM "):
                parameters.append(lines.pop(0)[len("%%PARAM "):])
            while lines and not (question and question[-1].endswith(";")):
                question.append(lines.pop(0))
            yield notes, parameters, "\n".join(question), "\n".join(lines)


def answer(store, parameters, question):
    words = [w for p in parameters for w in ("--param", p)]
    ran = subprocess.run([candour, "query", store, question, "--csv", *words], capture_output=True, text=True)
    if ran.returncode:
        return "%%FAIL " + ran.stderr.strip().removeprefix("candour: ")
    return ran.stdout.rstrip("\n")


def main():
    failed, out, n = 0, [], 0
    with tempfile.TemporaryDirectory() as room:
        store = os.path.join(room, "small.candour")
        subprocess.run([candour, "load", os.path.join(source, "tests/data/small"), "--into", store, "--presence", "all",
                        "--quiet"], check=True)
        for notes, parameters, question, wanted in read_blocks():
            got, n = answer(store, parameters, question) if question else "", n + bool(question)
            out.append("\n".join([*notes, *("%%PARAM " + p for p in parameters), *([question] if question else []),
                                  *([got] if got else [])]))
            if got != wanted:
                failed += 1
                print(f"FAIL {question}\n--- wanted\n{wanted}\n--- got\n{got}")
    if os.environ.get("CANDOUR_QUERIES_REWRITE"):
        with open(PATH, "w", encoding="utf-8") as f:
            f.write("\n\n".join(out) + "\n")
    print(f"{n - failed} of {n} as they should be")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""query_texts.py: every query of the conformance cases and of the analysts' questions, where they are at hand, is read, and what is
printed of it reads as the same tree: the fuzz target holds each to that."""
import glob, json, os, subprocess, sys, tempfile

source, build = os.environ["SOURCE"], os.environ["BUILD"]
target = os.path.join(build, "tests/fuzz-query")
texts = []
for path, within in (("opencypher/cases.json", "cases"), ("questions/questions.json", None)):
    for found in glob.glob(os.path.join(source, "../shared", path)):
        with open(found) as f:
            cases = json.load(f)
        texts += [case["query"] for case in (cases[within] if within else cases)]
if not texts or not os.path.exists(target):
    print("there are no cases here, or no fuzz target")
    sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    for i, text in enumerate(texts):
        with open(f"{folder}/{i}", "w") as f:
            f.write(text)
    ran = subprocess.run([target, folder], capture_output=True, text=True)
print(ran.stdout, ran.stderr, end="")
sys.exit(ran.returncode != 0 or ran.stdout != f"{len(texts)} inputs\n")

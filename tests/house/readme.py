# SPDX-License-Identifier: GPL-3.0-or-later
"""readme.py: the README's worked example is true: each `$ candour ...` in it is run, one after another in one folder, and
must print what stands below it (but for speeds, times and sizes); its list of commands is that of `candour --help`.
With --rewrite the README gets what the program prints."""
import os, re, subprocess, sys, tempfile

source, candour = os.environ["SOURCE"], os.environ["CANDOUR"]
path = os.path.join(source, "README.md")
with open(path) as f:
    lines = f.read().split("\n")


def steady(text):
    return subprocess.run(["sh", os.path.join(source, "tests/cli/steady")], input=text, text=True, capture_output=True).stdout


failed = False
result, i = [], 0
with tempfile.TemporaryDirectory() as folder:
    os.symlink(candour, os.path.join(folder, "candour"))
    environment = dict(os.environ, PATH=folder + ":" + os.environ["PATH"])
    while i < len(lines):
        line = lines[i]
        result.append(line)
        i += 1
        if not line.startswith("    $ "):
            continue
        expected = []
        while i < len(lines) and lines[i].startswith("    ") and not lines[i].startswith("    $ "):
            expected.append(lines[i][4:])
            i += 1
        run = subprocess.run(["sh", "-c", line[6:]], cwd=folder, env=environment, text=True, capture_output=True)
        printed = run.stdout.rstrip("\n").split("\n") if run.stdout else []
        # An empty line inside an answer is written as four spaces, so that it stays part of the example.
        result += ["    " + p for p in printed]
        if run.returncode != 0 or steady("\n".join(expected)) != steady("\n".join(printed)):
            failed = True
            print(f"README: '{line[6:]}' (status {run.returncode}) prints\n{run.stdout}{run.stderr}")

if "--rewrite" in sys.argv:
    with open(path, "w") as f:
        f.write("\n".join(result))
    sys.exit(0)

listed = set(re.findall(r"^\| `candour ([a-z]+)", "\n".join(lines), re.M))
help_text = subprocess.run([candour, "--help"], text=True, capture_output=True).stdout
known = set(re.findall(r"^  ([a-z]+) ", help_text[help_text.index("commands:"):], re.M))
if listed != known:
    failed = True
    print(f"README lists {sorted(listed)}, the program has {sorted(known)}")
sys.exit(1 if failed else 0)

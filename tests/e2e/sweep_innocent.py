# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_innocent.py: forces in which nobody did anything: the mean factor of every detector and of all together is at most 1,
nobody is urgent; and one in which a few did: they are found, their look-alikes are not, whatever everybody is called."""
import csv, json, os, random, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
if os.environ.get("BUILD", "").endswith("asan"):
    sys.exit(77)  # it is about numbers; sweep_reasons.py goes the same ways, on less
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def swept(force, store, *more):
    run("load", force, "--into", store, "--quiet")
    run("sweep", store, "--quiet", *more)
    return json.loads(run("rank", store, "--json"))["officers"]


def factor(officers):
    return sum(10 ** (o["decibans"] / 10) for o in officers) / len(officers)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    means = []
    for seed in 1, 2:
        run("generate", "--officers", 1200, "--days", 150, "--seed", seed, "--null", "--out", f"null{seed}", "--quiet")
        queue = swept(f"null{seed}", f"n{seed}")
        means.append(factor(queue))
        check(f"seed {seed}: a mean factor of {means[-1]:.3f}", means[-1] <= 1)
        check(f"seed {seed}: nobody urgent or to assess", not [o for o in queue if o["tier"] in ("urgent", "assess")])
        for detector in ("unexplained", "offshift", "drift", "coaccess", "complaints", "overtime", "impossible", "pay_change",
                         "finance_change"):
            run("sweep", f"n{seed}", "--quiet", "--only", detector)
            alone = factor(json.loads(run("rank", f"n{seed}", "--json"))["officers"])
            check(f"seed {seed}: {detector} alone {alone:.3f}", alone <= 1)

    run("generate", "--officers", 2000, "--days", 300, "--seed", 4, "--out", "force", "--quiet", "--plant",
        "all=0,snoop=5,leak=4,abuse=4,grooming_drift=5,analyst=10,reviewer=10,ring=1")
    # In the queue of accesses alone: what is known of ties is told in sweep_ties.py.
    access = [w for d in ("unexplained", "offshift", "drift", "coaccess") for w in ("--only", d)]
    queue = swept("force", "s", *access)
    evaluated = json.loads(run("evaluate", "s", "--truth", "force/truth.csv", "--json"))["schemes"]
    for scheme, least in ("snoop", 0.8), ("leak", 0.75), ("abuse", 0.5), ("grooming_drift", 0.8):
        check(f"{scheme}: {evaluated[scheme]['top_2']} in the first 2 %", evaluated[scheme]["top_2"] >= least)
    for scheme in "analyst", "reviewer":
        check(f"{scheme}: {evaluated[scheme]['top_2']} in the first 2 %", evaluated[scheme]["top_2"] <= 0.1)

    # Everybody and everything under other names, in another order: the same scores.
    new = {"officer_id": {}, "case_id": {}, "complaint_id": {}}
    draw = random.Random(5)
    os.mkdir("renamed")
    run("sweep", "s", "--quiet")
    queue = json.loads(run("rank", "s", "--json"))["officers"]
    tables = ("officers", "cases", "accesses", "assignments", "subjects", "roster", "shifts", "associations", "links", "ties",
              "declarations", "complaints", "allegations", "findings", "presence", "pay", "finance")
    for name in tables:
        with open(f"force/{name}.csv") as f:
            rows = list(csv.DictReader(f))
        for r in rows:
            for column in [c for c in r if c in new]:
                r[column] = new[column].setdefault(r[column], f"{draw.getrandbits(60):015x}")
            if r.get("manager"):
                r["manager"] = new["officer_id"].setdefault(r["manager"], f"{draw.getrandbits(60):015x}")
        draw.shuffle(rows)
        with open(f"renamed/{name}.csv", "w", newline="") as f:
            out = csv.DictWriter(f, rows[0].keys())
            out.writeheader()
            out.writerows(rows)
    before = {new["officer_id"][o["officer"]]: o["decibans"] for o in queue}
    after = {o["officer"]: o["decibans"] for o in swept("renamed", "r")}
    off = [(before[o], after[o]) for o in before if abs(before[o] - after[o]) > 0.02]
    check(f"other names, the same scores: {off[:3]}", not off)

sys.exit(1 if failures else 0)

# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_unlike.py: forces that are made by another hand (tests/support/other_force), with habits that no detector was written
for: desks that open one kind of file all year, joint operations and moves that nobody wrote down, supervisors who audit.
Where nobody is guilty nobody is flagged; where some are, those who are flagged are they."""
import csv, json, os, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
support = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support")
if os.environ.get("BUILD", "").endswith("asan"):
    sys.exit(77)  # it is about numbers; sweep_reasons.py goes the same ways, on less
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what, flush=True)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def made(folder, *words):
    subprocess.run([sys.executable, "-B", "-m", "other_force", "--out", folder, *map(str, words)], check=True,
                   stdout=subprocess.DEVNULL, env=dict(os.environ, PYTHONPATH=support))
    run("load", folder, "--into", folder + ".candour", "--quiet")
    run("sweep", folder + ".candour", "--quiet")
    return json.loads(run("rank", folder + ".candour", "--json"))["officers"]


def schemes(folder):
    out = {}
    for r in csv.DictReader(open(f"{folder}/truth.csv")):
        out.setdefault(r["officer_id"], set()).add(r["scheme"])
    return out


INNOCENT = {"analyst", "reviewer", "secondee", "carer", "popular_case"}
found, own_queue, flagged, clean, overlaps = {}, {}, 0, 0, []

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for variant in "ABC":
        queue = made("null" + variant, "--officers", 2000, "--days", 300, "--seed", 51, "--variant", variant, "--null")
        factors = [10 ** (o["decibans"] / 10) for o in queue]
        mean = sum(factors) / len(factors)
        error = (sum((f - mean) ** 2 for f in factors) / len(factors) ** 2) ** 0.5
        check(f"{variant}: nobody is guilty: a mean factor of {mean:.2f} (give or take {error:.2f})", mean - 3 * error <= 1)
        check(f"{variant}: nobody urgent or to assess", not [o for o in queue if o["tier"] in ("urgent", "assess")])

        queue = made("force" + variant, "--officers", 2000, "--days", 300, "--seed", 7, "--variant", variant,
                     "--plant", "ring=2,snoop=6,leak=4,abuse=0,grooming_drift=4,overtime=0,absentee=0,hidden_tie=0,hidden_member=0")
        truth = schemes("force" + variant)
        for place, o in enumerate(queue):
            planted = truth.get(o["officer"], set())
            for scheme in planted & INNOCENT:
                found.setdefault(scheme, []).append(place < len(queue) * 0.02)
            if o["tier"] in ("urgent", "assess"):
                flagged, clean = flagged + 1, clean + (planted <= INNOCENT)
        told = json.loads(run("evaluate", f"force{variant}.candour", "--truth", f"force{variant}/truth.csv", "--json"))
        overlaps.append(told["rings"]["best_jaccard"])
        for scheme, detector in ("ring", "coaccess"), ("snoop", "unexplained"), ("grooming_drift", "drift"):
            own_queue.setdefault(scheme, []).append(told["top_2_by_detector"][detector][scheme])

for scheme, least in ("ring", 0.5), ("snoop", 0.35), ("grooming_drift", 0.55):
    share = sum(own_queue[scheme]) / len(own_queue[scheme])
    check(f"{scheme}: {share:.2f} in the first 2 % by its own detector", share >= least)
for scheme in sorted(INNOCENT & set(found)):
    share = sum(found[scheme]) / len(found[scheme])
    check(f"{scheme}: {share:.2f} of {len(found[scheme])} in the first 2 %", share <= (0.1 if scheme in ("analyst", "reviewer") else 0.2))
check(f"of {flagged} urgent or to assess, {clean} are clean", clean <= 0.2 * flagged)
check(f"the best overlaps of a group with a ring: {overlaps}", sorted(overlaps)[1] >= 0.6)

raise SystemExit(f"{len(failures)} failed: {failures}" if failures else 0)

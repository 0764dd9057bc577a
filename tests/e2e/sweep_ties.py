# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_ties.py: what officers are tied to: the planted are found and the innocent are not; memberships that were not declared
stand in a list of their own and in no score; what is declared, later, or missing counts for nothing."""
import csv, json, os, re, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
small = os.environ.get("BUILD", "").endswith("asan")
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def rows(path):
    with open(path) as f:
        return list(csv.DictReader(f))


def write(path, table, more=()):
    with open(path, "w", newline="") as f:
        out = csv.DictWriter(f, table[0].keys())
        out.writeheader()
        out.writerows(table)
        out.writerows(more)


def queue(store, *more):
    """What a sweep says of everyone; what they stand at over all sweeps is another matter."""
    officers = json.loads(run("rank", store, "--json", *more))["officers"]
    return [{k: v for k, v in o.items() if k != "standing"} for o in officers]


def swept(store, *more):
    run("sweep", store, "--quiet", "--again", *more)
    return queue(store)


def only(*detectors):
    return [w for d in detectors for w in ("--only", d)]


TIES = "touch_own", "hidden_tie"
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    officers, days = (600, 60) if small else (2000, 150)
    run("generate", "--officers", officers, "--days", days, "--seed", 6, "--out", "force", "--quiet", "--plant",
        "all=0,leak=8,hidden_tie=8,hidden_member=8,analyst=10,reviewer=10,popular_case=10")
    run("load", "force", "--into", "s", "--quiet")
    truth = {}
    for r in rows("force/truth.csv"):
        truth.setdefault(r["scheme"], set()).add(r["officer_id"])
    for detector, scheme, least in ("touch_own", "leak", 0.75), ("hidden_tie", "hidden_tie", 0.6):
        top = {o["officer"] for o in swept("s", *only(detector))[: officers // 50]}
        found = len(top & truth[scheme]) / len(truth[scheme])
        check(f"{detector}: {found:.2f} of {scheme} in the first 2 %", small or found >= least)
        innocent = top & (truth["analyst"] | truth["reviewer"] | truth["popular_case"])
        check(f"{detector}: {len(innocent)} look-alikes in the first 2 %", len(innocent) <= 3)

    # Those who declared nothing, all of them and hardly anybody else; and in no score.
    plain = swept("s")
    listed = queue("s", "--lane", "declaration")
    names = {o["officer"] for o in listed}
    check(f"undeclared: {len(names & truth['hidden_member'])} of {len(truth['hidden_member'])} in a list of {len(names)}",
          small or (names >= truth["hidden_member"] and len(names) <= 2 * len(truth["hidden_member"])))
    check("they are told of their lane alone", all(f["detector"] == "undeclared" for o in listed for f in o["findings"]))
    check("and the queue of conduct of none of it", all(f["detector"] != "undeclared" for o in plain for f in o["findings"]))
    open("off.yaml", "w").write("detectors: {undeclared: off}\n")
    check("no score is another without them", swept("s", "--policy", "off.yaml") == plain)
    for o in listed[:2]:
        told = json.loads(run("explain", "s", o["officer"], "--sweep", 3, "--json"))
        mine = [f for f in told["findings"] if f["lane"] == "declaration"]
        check(f"{o['officer']}: one finding of another lane, its row a link",
              len(mine) == 1 and [r["table"] for r in mine[0]["rows"]] == ["links"])

    # The ledger adds up over two families, and each row is where it is said to be.
    lines = {}
    wrong = unlike = 0
    for o in plain[:25]:
        told = json.loads(run("explain", "s", o["officer"], "--sweep", 3, "--json"))
        cents = lambda x: round(x * 100)
        total = sum(cents(f["begins"]) + cents(f["alike"]) for f in told["families"] if f["lane"] == "conduct")
        total += sum(cents(f["decibans"]) for f in told["findings"] if f["lane"] == "conduct")
        wrong += total != cents(told["decibans"])
        for r in (r for f in told["findings"] for r in f["rows"]):
            text = lines.setdefault(r["source"], open(r["source"]).read().split("\n"))[r["line"] - 1]
            unlike += not text.startswith(f"{r['of']},{r['other']}") or os.path.basename(r["source"]) != r["table"] + ".csv"
    check("every ledger sums to its score", wrong == 0)
    check("every row is where it is said to be", unlike == 0)
    families = {f["family"]: f["lane"] for f in told["families"]}
    check(f"families {families}",
          families.items() >= {"access": "conduct", "tie": "conduct", "declaration": "declaration"}.items())

    # A family without its inputs adds nothing either way.
    os.mkdir("untied")
    for name in "officers", "cases", "accesses", "assignments", "roster", "shifts", "subjects":
        os.symlink(os.path.abspath(f"force/{name}.csv"), f"untied/{name}.csv")
    run("load", "untied", "--into", "u", "--quiet")
    access = only("unexplained", "offshift", "drift", "coaccess")
    check("no links: the scores of accesses alone", swept("u") == swept("u", *access))

    # Whatever is declared by either explains a pair.
    run("sweep", "s", "--quiet", "--again", *only("hidden_tie"))
    words = [f["words"] for o in queue("s") for f in o["findings"] if "neither declared" in f["words"]]
    path = re.search(r"(P\d+ - [a-z]+ (A\d+)[^;:]* - P\d+); neither declared", words[0])
    with open("declared.csv", "w") as f:
        f.write(f"officer_id,association_id,declared_at\n{path[1][:7]},{path[2]},2025-01-02\n")
    run("load", "declared.csv", "--as", "declarations", "--into", "s", "--quiet")
    run("sweep", "s", "--quiet", "--again", *only("hidden_tie"))
    check(f"declared, it is explained: {path[1]}", not [f for o in queue("s") for f in o["findings"] if path[1] in f["words"]])

    # Any number of threads.
    run("sweep", "s", "--quiet", "--again", "--threads", 1, *only(*TIES, "undeclared"))
    run("sweep", "s", "--quiet", "--again", "--threads", 3, *only(*TIES, "undeclared"))
    last = sorted(n for n in os.listdir("s/sweeps") if n.endswith(".h5"))[-2:]
    one, three = (queue("s", "--sweep", int(n[:6])) for n in last)
    check("any number of threads", one == three)

    # What is dated later is not seen: the same as a store that has nothing later.
    day = "2025-02-10"
    os.mkdir("early")
    later_shifts = {r["shift_id"] for r in rows("force/shifts.csv") if r["starts"] >= day}
    later_complaints = {r["complaint_id"] for r in rows("force/complaints.csv") if r["made_at"] >= day}
    later_cases = {r["case_id"] for r in rows("force/cases.csv") if r["opened"] >= day}
    for name, column in (("officers", "as_of"), ("cases", "as_of"), ("accesses", "at"), ("assignments", "from"), ("links", "from"),
                         ("ties", "from"), ("declarations", "declared_at"), ("associations", None), ("subjects", None),
                         ("shifts", "starts"), ("roster", None), ("complaints", "made_at"), ("allegations", None)):
        kept = [r for r in rows(f"force/{name}.csv") if not (column and r.get(column) and r[column] >= day)]
        for r in kept:
            for late in "to", "ended", "opened", "closed":
                if r.get(late) and r[late] >= day:
                    r[late] = ""
        if name in ("cases", "subjects"):
            kept = [r for r in kept if r["case_id"] not in later_cases]
        if name == "roster":
            kept = [r for r in kept if r["shift_id"] not in later_shifts]
        if name == "allegations":
            kept = [r for r in kept if r["complaint_id"] not in later_complaints]
        write(f"early/{name}.csv", kept)
    run("load", "early", "--into", "e", "--quiet")
    run("load", "force", "--into", "f", "--quiet")
    detectors = only(*TIES, "undeclared")
    run("sweep", "e", "--quiet", *detectors)
    run("sweep", "f", "--quiet", "--as-of", day, *detectors)
    fields = "officer", "decibans", "tier"
    for lane in "conduct", "declaration":
        early, asof = ([{k: o[k] for k in fields} for o in queue(s, "--lane", lane)] for s in "ef")
        off = [(a, b) for a, b in zip(early, asof) if a != b]
        check(f"{lane}: what is dated later is not there: {off[:2]}", early == asof and (small or early))

    # A stated duty: nobody needs to have declared; those whose membership began after it are bound from then on.
    kinds = {r["association_id"]: r["kind"] for r in rows("force/associations.csv")}
    members = {}
    for r in rows("force/links.csv"):
        if kinds[r["association_id"]] == "organisation":
            members.setdefault(r["association_id"], []).append(r)
    declared = {(r["officer_id"], r["association_id"]) for r in rows("force/declarations.csv")}
    club = max(members, key=lambda a: (len(members[a]), a))
    open("duty.yaml", "w").write(f"duties: ['{club} 2020-01-01']\ndeclare_grace_days: 0\n")
    run("sweep", "f", "--quiet", "--policy", "duty.yaml", *only("undeclared"))
    bound = {r["officer_id"] for r in members[club] if not r["to"] or r["to"] > "2020-01-01"}
    told = {o["officer"] for o in queue("f", "--lane", "declaration") if any(club in f["words"] for f in o["findings"])}
    check(f"a stated duty binds {len(bound)} members, {len(told)} are told",
          told == {o for o in bound if (o, club) not in declared})

    # Forces in which nobody did anything.
    for seed in () if small else (1,):
        run("generate", "--officers", 1200, "--days", 150, "--seed", seed, "--null", "--out", f"null{seed}", "--quiet")
        run("load", f"null{seed}", "--into", f"n{seed}", "--quiet")
        for detector in TIES:
            alone = swept(f"n{seed}", *only(detector))
            mean = sum(2 * 10 ** (o["decibans"] / 10) - 1 for o in alone) / len(alone)
            check(f"seed {seed}: {detector} a mean of {mean:.3f}, nobody in a tier",
                  mean <= 1 and all(o["tier"] == "none" for o in alone))

sys.exit(1 if failures else 0)

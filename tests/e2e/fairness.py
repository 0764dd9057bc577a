# SPDX-License-Identifier: GPL-3.0-or-later
"""fairness.py: nothing but `fairness` ever sees protected.csv: changed or gone, every sweep has the same bytes, and no table
takes it in; and what `fairness` shows holds against a plain count, without a small group or one that follows from the rest."""
import csv, itertools, json, os, random, shutil, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words, status=0):
    ran = subprocess.run([candour, *map(str, words)], capture_output=True, text=True)
    assert ran.returncode == status, ran.stderr
    return ran.stdout


def rows(path):
    with open(path) as f:
        return list(csv.DictReader(f))


def write(path, table):
    with open(path, "w", newline="") as f:
        out = csv.DictWriter(f, table[0].keys())
        out.writeheader()
        out.writerows(table)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    run("generate", "--officers", 900, "--days", 60, "--seed", 3, "--out", "force", "--quiet", "--plant", "all=0,snoop=25")
    truth = {r["officer_id"] for r in rows("force/truth.csv")}

    # Three forces alike but for who is what: one as it is, one dealt out anew, one without the file; and the folder is
    # gone before the sweep begins.
    stores = {}
    for name in "as_it_is", "dealt", "without":
        shutil.copytree("force", name)
        table = rows("force/protected.csv")
        if name == "dealt":
            draw = random.Random(1)
            for column in list(table[0])[1:]:
                values = [r[column] for r in table]
                draw.shuffle(values)
                for r, v in zip(table, values):
                    r[column] = v
            write("dealt/protected.csv", table)
        if name == "without":
            os.remove("without/protected.csv")
        os.rename(name, "the_force")  # sources keep the names they were given
        run("load", "the_force", "--into", name + ".store", "--quiet")
        shutil.rmtree("the_force")
        run("sweep", name + ".store", "--quiet")
        stores[name] = open(f"{name}.store/sweeps/000001.h5", "rb").read()
    check("whatever protected.csv says, the same sweep", len(set(stores.values())) == 1)
    store = "as_it_is.store"
    files = b"".join(open(os.path.join(at, n), "rb").read() for at, _, names in os.walk(store) for n in names)
    words = {r[c] for r in rows("force/protected.csv") for c in r if c != "officer_id"} - {"yes", "no", "other", "mixed"}
    check("none of its words is in the store", words and not [w for w in words if w and w.encode() in files])

    # No table takes it: not by its own name, and not as a table of a force's own.
    run("load", "--as", "protected", "force/protected.csv", "--into", store, status=2)
    for name in "protected", "truth":
        with open("ontology.yaml", "w") as f:
            f.write(f"tables:\n  - name: {name}\n    label: OWN\n    class: record\n    columns:\n"
                    "      - {name: officer_id, type: id, kind: officer}\n      - {name: sex, type: text}\n")
        shutil.copy("ontology.yaml", "force/ontology.yaml")
        ran = subprocess.run([candour, "load", "force", "--into", "own.store", "--quiet"], capture_output=True, text=True)
        check(f"nor one of a force's own called {name}: {ran.stderr.strip()}", ran.returncode != 0 and "never" in ran.stderr)
    os.remove("force/ontology.yaml")

    # What it shows, against a plain count.
    who = {r["officer_id"]: r for r in rows("force/protected.csv")}
    queue = json.loads(run("rank", store, "--json"))["officers"]
    n = len(queue)
    above = {"urgent": ("urgent",), "assess and above": ("urgent", "assess"), "prevent and above": ("urgent", "assess", "prevent")}
    lists = {name: {o["officer"] for o in queue if o["tier"] in tiers} for name, tiers in above.items()}
    lists |= {f"first {p} %": {o["officer"] for o in queue[: n * p // 100]} for p in (1, 2, 5)}
    audit = json.loads(run("fairness", store, "--protected", "force/protected.csv", "--truth", "force/truth.csv", "--json"))
    check("lists have their lengths", all(audit["lists"][name] == len(on) for name, on in lists.items()))
    wrong = 0
    shown = {}
    for split in audit["attributes"]:
        names = split["attributes"]
        for g in split["groups"]:
            people = {o for o in who if [who[o][a] for a in names] == g["values"]}
            shown[tuple(names), tuple(g["values"])] = g["officers"]
            wrong += g["officers"] != len(people)
            for name, on in lists.items():
                told = g["lists"][name]
                wrong += abs(told["flagged"]["rate"] - len(people & on) / len(people)) > 1e-9
                for key, part, whole in (("true_positive", people & on & truth, people & truth),
                                         ("false_positive", (people & on) - truth, people - truth),
                                         ("false_discovery", (people & on) - truth, people & on)):
                    if len(whole) < 10:
                        wrong += told[key] is not None
                    else:
                        wrong += abs(told[key]["rate"] - len(part) / len(whole)) > 1e-9
    check("every rate is a plain count's", wrong == 0 and len(shown) > 20)
    check("nothing of fewer than ten people", min(shown.values()) >= 10)

    # Whatever is unsaid within a known total is at least two groups of ten people together.
    columns = list(next(iter(who.values())))[1:]
    left = 0
    for a, b in itertools.combinations(columns, 2):
        for line, other in (a, b), (b, a):
            for value in {r[line] for r in who.values()}:
                if ((line,), (value,)) not in shown:
                    continue
                groups = {}
                for r in who.values():
                    if r[line] == value:
                        key = (r[a], r[b])
                        groups[key] = groups.get(key, 0) + 1
                unsaid = [k for key, k in groups.items() if ((a, b), key) not in shown]
                left += len(unsaid) == 1 and unsaid[0] < 10 or 0 < sum(unsaid) < 10
    check("none follows from its row or column", left == 0)

    # A disparity that is there is told: everybody on the list made one group.
    with open("planted.csv", "w") as f:
        f.write("officer_id,colour\n")
        for i, o in enumerate(queue):
            f.write(f"{o['officer']},{'a' if i < n // 20 or i % 3 == 0 else 'b'}\n")
    told = json.loads(run("fairness", store, "--protected", "planted.csv", "--json"))["attributes"][0]["lists"]["first 5 %"]
    check(f"a planted disparity: {told}", told["verdict"] == "a disparity" and told["lowest_over_highest"] == 0)

sys.exit(1 if failures else 0)

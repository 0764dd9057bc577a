# SPDX-License-Identifier: GPL-3.0-or-later
# questions_named.py: the named questions against answers worked out from the CSV files, slowly and plainly; on a force that
# was loaded at once, in pieces, and in pieces and then compacted: the same bytes from each.
import collections, csv, datetime, json, math, os, random, shutil, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
work = tempfile.mkdtemp()
os.chdir(work)
picked = random.Random(5)


def run(*words):
    r = subprocess.run([candour, *words], capture_output=True, text=True)
    assert r.returncode == 0, (words, r.stderr)
    return r.stdout


def rows_of(table):
    return list(csv.DictReader(open(f"force/{table}.csv", newline="")))


def seconds(text):
    if not text: return None
    text = text.replace("Z", "+00:00")
    at = datetime.datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp())


run("generate", "--officers", "150", "--days", "40", "--seed", "11", "--out", "force", "--quiet")
run("load", "force", "--into", "whole", "--presence", "all", "--quiet")

# In pieces: half of the accesses and links last, out of order, some of them twice.
shutil.copytree("force", "first"), os.mkdir("second"), shutil.copy("force/officers.csv", "second")
for table in ("accesses", "links", "assignments"):
    lines = open(f"force/{table}.csv").read().splitlines(True)
    rest = lines[1:]
    picked.shuffle(rest)
    half = len(rest) // 2
    open(f"first/{table}.csv", "w").writelines([lines[0]] + rest[: half + 5])
    open(f"second/{table}.csv", "w").writelines([lines[0]] + rest[half:])
run("load", "first", "--into", "pieces", "--presence", "all", "--quiet"), run("load", "second", "--into", "pieces", "--quiet")
shutil.copytree("pieces", "compacted"), run("compact", "compacted", "--quiet")

tables = {t: rows_of(t) for t in "accesses assignments roster subjects links declarations allegations ties presence".split()}
for t in tables: tables[t] = [dict(r) for r in {tuple(r.items()) for r in tables[t]}]  # a row said twice is one row
RELATIONS = [t for t in tables if t != "presence"]
ends = {t: list(tables[t][0])[:2] if tables[t] else None for t in RELATIONS}
tied = collections.defaultdict(lambda: collections.defaultdict(list))  # id -> other id -> rows (ids are unique over kinds here)
for t in RELATIONS:
    for r in tables[t]:
        a, b = (r[e] for e in ends[t])
        tied[a][b].append((t, r))
        if a != b: tied[b][a].append((t, r))


def ask(*words):
    answers = [run(words[0], store, *words[1:], "--csv") for store in ("whole", "pieces", "compacted")]
    assert answers[0] == answers[1] == answers[2], words
    return list(csv.DictReader(answers[0].splitlines()))


def same(found, expected, what):
    assert found == expected, f"{what}: {found} is not {expected}"


officers = sorted({r["officer_id"] for r in tables["accesses"]})
files = sorted({r["case_id"] for r in tables["accesses"]})
units = collections.defaultdict(list)
for t, key in (("officers", "officer_id"), ("cases", "case_id")):
    for r in rows_of(t): units[r[key]].append((seconds(r.get("as_of")) if r.get("as_of") else -(2**60), r["unit"]))


def unit_at(id, at):
    then = [u for u in sorted(units[id], key=lambda u: u[0]) if u[0] <= at]
    return then[-1][1] if then else ""


def on_record(r):
    at, said, ended, begins = seconds(r["at"]), [], None, None
    now = False
    for t, a in tied[r["officer_id"]][r["case_id"]]:
        if t != "assignments": continue
        lo, hi = seconds(a["from"]), seconds(a["to"])
        if (lo is None or lo <= at) and (hi is None or hi > at): now = True
        elif lo is not None and lo > at: begins = lo if begins is None else min(begins, lo)
        else: ended = hi if ended is None else max(ended, hi)
    day = lambda s: datetime.datetime.fromtimestamp(s, datetime.timezone.utc).strftime("%Y-%m-%d")
    if now: said.append("assigned")
    else:
        if ended is not None: said.append("assigned until " + day(ended))
        if begins is not None: said.append("assigned from " + day(begins))
    a, b = unit_at(r["officer_id"], at), unit_at(r["case_id"], at)
    if a and a == b: said.append("own unit")
    return "; ".join(said)


# who and touched: the rows of a file or officer, in the order of time, and what is on record beside each.
for id, own, other, question in [(f, "case_id", "officer_id", "who") for f in picked.sample(files, 12)] + \
                                [(o, "officer_id", "case_id", "touched") for o in picked.sample(officers, 6)]:
    expected = sorted(
        (seconds(r["at"]), r[other], r["action"], r["terminal"], r["reason"], unit_at(r[other], seconds(r["at"])), on_record(r))
        for r in tables["accesses"] if r[own] == id)
    found = [(seconds(r["at"]), r[other], r["action"], r["terminal"], r["reason"], r["unit_then"], r["on_record"]) for r in ask(question, id)]
    same(found, expected, f"{question} {id}")
    lo, hi = "2025-01-10", "2025-01-20T12:00:00Z"
    same(len(ask(question, id, "--from", lo, "--to", hi)),
         sum(seconds(lo) <= e[0] < seconds(hi) for e in expected), f"{question} {id} within days")

# common: what all are tied to, by how many rows.
for n in (2, 2, 2, 2, 3):
    ids = picked.sample(officers, n)
    expected = {}
    for thing in set.intersection(*(set(tied[i]) for i in ids)) - set(ids):
        expected[thing] = sum(len(tied[i][thing]) for i in ids)
    same({r["id"]: int(r["rows"]) for r in ask("common", *ids)}, expected, f"common {ids}")
    if n == 2:
        direct = len(tied[ids[0]].get(ids[1], []))
        same(len(ask("between", *ids)), direct + sum(expected.values()), f"between {ids}")
        # Within two days: a span is in where it meets them.
        lo, hi = seconds("2025-01-15"), seconds("2025-01-17")
        def within(t, r):
            begin = {"accesses": "at", "assignments": "from", "roster": "claimed_from", "links": "from", "declarations": "declared_at", "ties": "from"}.get(t)
            end = {"accesses": "at", "assignments": "to", "roster": "claimed_to", "links": "to", "declarations": "ended", "ties": "to"}.get(t)
            if not begin: return True
            a, b = seconds(r[begin]), seconds(r[end])
            if t == "roster" and a is None and b is None: return None
            return (a is None or a < hi) and (b is None or b > lo or (a == b and a >= lo))
        shared = {thing: [sum(bool(within(t, r)) for t, r in tied[i][thing]) for i in ids] for thing in expected}
        same(len(ask("between", *ids, "--from", "2025-01-15", "--to", "2025-01-17")),
             sum(sum(n) for n in shared.values() if all(n)), f"between {ids} within days")

# around: each two openings by different people of which one is within the window after the other.
for f in picked.sample(files, 12):
    rows = [r for r in tables["accesses"] if r["case_id"] == f]
    expected = sorted((seconds(a["at"]), seconds(b["at"]) - seconds(a["at"])) for a in rows for b in rows
                      if a["officer_id"] != b["officer_id"] and
                      (0 < seconds(b["at"]) - seconds(a["at"]) <= 7200 or (a["at"] == b["at"] and a["officer_id"] < b["officer_id"])))
    same(sorted((seconds(r["at"]), int(r["seconds_later"])) for r in ask("around", f, "--window", "2h")), expected, f"around {f}")

# similar: shared files, and the sum over them of 1 / ln(1 + openers).
openers, opened = collections.defaultdict(set), collections.defaultdict(set)
for r in tables["accesses"]: openers[r["case_id"]].add(r["officer_id"]), opened[r["officer_id"]].add(r["case_id"])
for o in picked.sample(officers, 5):
    expected = {}
    for other in officers:
        both = opened[o] & opened[other]
        if other != o and both:
            expected[other] = (len(both), len(opened[other]), round(sum(1 / math.log(1 + len(openers[f])) for f in both), 3))
    found = ask("similar", o)
    same({r["id"]: (int(r["shared"]), int(r["has"]), float(r["rarity"])) for r in found}, expected, f"similar {o}")
    same([r["id"] for r in found], sorted(expected, key=lambda k: (-expected[k][2], -expected[k][0], k)), f"order of similar {o}")


# ego and path: breadth first.
def steps_from(start, most=99):
    steps, level = {start: 0}, [start]
    while level and steps[level[0]] < most:
        level = [b for a in level for b in tied[a] if b not in steps and not steps.update({b: steps[a] + 1})]
    return steps


for o in picked.sample(officers, 3):
    for hops in (1, 2):
        expected = {k: v for k, v in steps_from(o, hops).items() if v}
        same({r["id"]: int(r["hops"]) for r in ask("ego", o, "--hops", str(hops))}, expected, f"ego {o} {hops}")
for _ in range(6):
    a, b = picked.sample(officers + files, 2)
    expected = steps_from(a).get(b)
    for words in ([], ["--k", "1"], ["--all", "--limit", "1000"]):
        paths = collections.defaultdict(list)
        for r in ask("path", a, b, *words): paths[r["path"]].append(r["id"])
        assert (len(paths) > 0) == (expected is not None), (a, b)
        for p in paths.values():
            assert p[0] == a and p[-1] == b and len(p) == expected + 1 and all(y in tied[x] for x, y in zip(p, p[1:])), (words, p)
        assert len({tuple(p) for p in paths.values()}) == len(paths)
    if expected is not None:  # how many there are: counted from the other end
        count, level = collections.Counter({b: 1}), {b}
        far = steps_from(a)
        while a not in level:
            before = collections.Counter()
            for v in level:
                for w in tied[v]:
                    if far[w] == far[v] - 1: before[w] += count[v]
            count, level = before, set(before)
        told = json.loads(run("path", "pieces", a, b, "--all", "--json", "--limit", "5"))["facts"]["paths"]
        same(told, count[a], f"shortest paths {a} {b}")

# timeline: every row of every table; duty: those of a day.
for o in picked.sample(officers, 4):
    found = collections.Counter(r["table"] for r in ask("timeline", o))
    for t in tables: same(found[t], sum(o in (r[c] for c in (ends.get(t) or ["officer_id"])) for r in tables[t]), f"timeline {o} {t}")
    day = "2025-01-15"
    lo = seconds(day)
    rows = [r for r in ask("duty", o, day) if r["table"] == "accesses"]
    same(len(rows), sum(r["officer_id"] == o and lo <= seconds(r["at"]) < lo + 86400 for r in tables["accesses"]), f"duty {o}")

# facets
same({r["action"]: int(r["rows"]) for r in ask("facets", "accesses", "action")}, dict(collections.Counter(r["action"] for r in tables["accesses"])), "facets")
months = collections.Counter(r["at"][:10] for r in tables["accesses"] if r["action"] == "print")
same({r["at"]: int(r["rows"]) for r in ask("facets", "accesses", "at", "--by", "day", "--where", "action=print")}, dict(months), "facets by day")
kinds = {r["association_id"]: r["kind"] for r in rows_of("associations")}
expected = collections.Counter(kinds[r["association_id"]] for r in tables["links"])
same({r["association_id.kind"]: int(r["rows"]) for r in ask("facets", "links", "association_id.kind")}, dict(expected), "facets of what an id is")
same(sum(int(r["rows"]) for r in ask("facets", "links", "confidence")), sum(r["confidence"] != "" for r in tables["links"]), "facets of numbers")
print("done")
shutil.rmtree(work)

# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_crews.py: four who are named together in eight complaints of eight people are told, each with the other three; a
unit in which everybody is named with everybody is not, nor are those whom one person complains about again and again; and
where nobody did anything, partners of a beat or not, nobody is likelier on average."""
import json, os, random, re, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
small = os.environ.get("BUILD", "").endswith("asan")
failures = []
OFFICERS, UNITS, BUSY = (400, 10, 12) if small else (2000, 40, 12)
CREW, HOUNDED = ([f"O{i + k * (UNITS - 1):05}" for k in range(n)] for i, n in ((41, 4), (42, 3)))  # of one unit each


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def unit_of(i):
    """Unit 0 is the busy one; the others are all of a size."""
    return 0 if i < BUSY else 1 + i % (UNITS - 1)


def force_write(folder, seed, planted, beats=False, shifts=0):
    """shifts: so many that partners of a beat work together; then only a unit in five has beats, and partners are named together."""
    draw = random.Random(seed)
    officers = [f"O{i:05}" for i in range(OFFICERS)]
    units = {u: [o for i, o in enumerate(officers) if unit_of(i) == u] for u in range(UNITS)}
    complaints, allegations = [], []

    def add(crew, complainant="", outcomes=("sustained", "not_sustained", "dismissed", "pending")):
        key = f"C{len(complaints):06}"
        complaints.append((key, f"2024-{draw.randrange(1, 13):02}-{draw.randrange(1, 28):02}", "use_of_force", "public", complainant))
        allegations.extend((o, key, "", draw.choices(outcomes, (5, 45, 40, 10)[: len(outcomes)])[0]) for o in crew)

    partner = {o: m[k ^ 1] for u, m in units.items() for k, o in enumerate(m) if k ^ 1 < len(m) and (not shifts or u % 5 == 2)} if beats else {}
    for i, officer in enumerate(officers[BUSY:], BUSY):
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            others = [o for o in units[unit_of(i)] if o != officer]
            crew = draw.sample(others, draw.choice((0, 0, 1, 2)))
            if officer in partner and draw.random() < (0.9 if shifts else 0.5):
                crew = [partner[officer]]
            for _ in range(2 if officer in partner and shifts else 1):
                add([officer] + crew)
    for _ in range(60):
        add(draw.sample(units[0], 4))
    if planted:
        for k in range(8):
            add(CREW, f"A{k}")
            add(HOUNDED, "A99")
    rows = {"officers": [("officer_id,rank,unit,role,joined,left,as_of")], "complaints": ["complaint_id,made_at,kind,source,complainant"],
            "allegations": ["officer_id,complaint_id,kind,outcome"], "associations": ["association_id,kind"]}
    rows["officers"] += [f"{o},PO,U{unit_of(i):02},patrol,2015-01-01,," for i, o in enumerate(officers)]
    rows["complaints"] += [",".join(r) for r in complaints]
    rows["allegations"] += [",".join(r) for r in allegations]
    rows["associations"] += [f"A{k},person" for k in (*range(8), 99)]
    if shifts:
        rows["shifts"], rows["roster"] = ["shift_id,unit,starts,ends"], ["officer_id,shift_id,mode"]
        for k, o in enumerate(officers):
            beat = min(o, partner.get(o, o))
            rows["shifts"] += [f"T{o}{d},U{unit_of(k):02},2024-{1 + d // 28:02}-{1 + d % 28:02}T08:00:00,2024-{1 + d // 28:02}-{1 + d % 28:02}T16:00:00" for d in range(shifts)]
            rows["roster"] += [f"{o},T{beat}{d},field" for d in range(shifts)]
    os.mkdir(folder)
    for name, table in rows.items():
        open(f"{folder}/{name}.csv", "w").write("\n".join(table) + "\n")


def swept(store, *more):
    run("sweep", store, "--quiet", "--again", "--as-of", "2025-01-01", *more)
    return json.loads(run("rank", store, "--json"))["officers"]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    only = "--only", "cocomplaint"
    force_write("force", 1, True)
    run("load", "force", "--into", "s", "--quiet")
    queue = swept("s", *only)
    told = {o["officer"]: o["findings"][0]["words"] for o in queue if o["findings"] and "named with O" in o["findings"][0]["words"]}
    check(f"the crew is told: {sorted(told)}", set(CREW) <= set(told))
    check("each with the other three", all(re.search(f"{b} in ([89]|1.) complaints", told.get(a, "")) for a in CREW for b in CREW if b != a))
    print(told[CREW[0]])
    check("nobody of the busy unit", not [o for o in told if unit_of(int(o[1:])) == 0])
    check("nor who are named by one person again and again", not [o for o in HOUNDED if o in told])
    check(f"nor hardly anybody else: {len(told)}", len(told) <= len(CREW) + 2)
    check("they are the first of the queue", {o["officer"] for o in queue[:4]} == set(CREW))

    # The rows of all eight complaints, one's own and those of the other three.
    shown = json.loads(run("explain", "s", CREW[0], "--json"))
    rows = shown["findings"][0]["rows"]
    of_crew = [(r["of"], r["other"]) for r in rows if r["of"] in CREW]
    check(f"{len(of_crew)} rows, each once, all of allegations",
          len(set(of_crew)) == len(of_crew) >= 32 and all(r["table"] == "allegations" for r in rows))
    text = open("force/allegations.csv").read().split("\n")
    check("and each where it is said to be", all(text[r["line"] - 1].startswith(f"{r['of']},{r['other']},") for r in rows))

    # What the policy says it may add, and what of it may be others' records.
    def gains(queue):
        return [f["decibans"] for o in queue for f in o["findings"]]
    for cap, associates in (10, 0.3), (2, 0.1):
        open("caps.yaml", "w").write(f"cocomplaint_cap: {cap}\ncocomplaint_associates_cap: {associates}\n")
        queue = swept("s", *only, "--policy", "caps.yaml")
        added = {o["officer"]: f["decibans"] for o in queue for f in o["findings"]}
        records = [x for o, x in added.items() if o not in told]
        check(f"at most {cap} decibans: {max(added.values())}", max(added.values()) <= cap)
        check(f"for associates at most {associates}: {max(records, default=0)} of {len(records)}",
              (small or records) and max(records, default=0) <= associates)

    # Whoever works beside somebody is named with them: told where no roster shows it, not told where one does.
    for seed in () if small else (5,):
        force_write("beats", seed, False, beats=True, shifts=40)
        several = {}
        for name in "with", "without":
            if name == "without":
                os.remove("beats/roster.csv")
            run("load", "beats", "--into", name, "--quiet")
            several[name] = sum("named with O" in f["words"] for o in swept(name, *only) for f in o["findings"])
        check(f"partners who share their shifts are told where no roster shows it alone: {several}", several["with"] <= 2 < 20 < several["without"])

    # Any number of threads.
    one, three = ([(o["officer"], o["decibans"], o["findings"]) for o in swept("s", *only, "--threads", n)] for n in (1, 3))
    check("any number of threads", one == three)

    # Forces in which nobody did anything, whatever the policy lets it add.
    open("caps.yaml", "w").write("cocomplaint_cap: 60\ncocomplaint_associates_cap: 20\n")
    means = []
    for seed in () if small else (2, 3, 4):
        force_write(f"force{seed}", seed, False, beats=seed == 4)
        run("load", f"force{seed}", "--into", f"s{seed}", "--quiet")
        queue = swept(f"s{seed}", *only, "--policy", "caps.yaml")
        means.append(sum(2 * 10 ** (o["decibans"] / 10) - 1 for o in queue) / len(queue))
        named = [o for o in queue for f in o["findings"] if "named with O" in f["words"]]
        check(f"seed {seed}: {len(named)} crews told", len(named) <= 2)
        check(f"seed {seed}: a mean of {means[-1]:.3f}, nobody in a tier", means[-1] <= 1 and all(o["tier"] == "none" for o in queue))

sys.exit(1 if failures else 0)

# SPDX-License-Identifier: GPL-3.0-or-later
"""conformance.py: the read-only scenarios of openCypher's conformance kit: each case's graph is written as CSVs with an
ontology.yaml, loaded, and asked. Which cases passed is kept in conformance.passed, and none may be lost.

A kind for each label (of nodes without one: the empty label), a relation table for each type and pair of kinds; those of one
type share it as their label. Cases of one graph share a store. What declared kinds cannot hold (tier 3: several labels a node,
lists or mixed types as properties) is left out, and named.

CANDOUR_CASES names other cases than ../shared/opencypher/cases.json; then nothing is held against conformance.passed, and what
failed is listed. CANDOUR_CASES_REWRITE=1 adds what passes to it."""
import collections, csv, json, math, os, subprocess, sys, tempfile

source = os.environ.get("SOURCE", ".")
flavour = os.environ.get("BUILD", "")
FLOOR = os.path.join(source, "tests/e2e/conformance.passed")
EVERY = 1  # of how many cases one is run
if flavour.endswith("asan"):
    EVERY = 10
KEY, FROM, TO, SAME = "zz_key", "zz_from", "zz_to", "zz_same"


# ---- A graph as files ----


def column_type(values):
    """The narrowest type of a column that holds them all; None: there is none."""
    kinds = {type(v) for v in values}
    if kinds <= {bool}:
        return "boolean"
    if kinds <= {int}:
        return "integer"
    if kinds <= {int, float}:
        return "real"
    return "text" if kinds <= {str} else None


class Misfit(Exception):
    """What declared kinds cannot hold."""


def column_values(things):
    """The values by name of a property, of nodes or edges of one table; nulls are no values."""
    values = collections.defaultdict(list)
    for thing in things:
        for name, value in thing["props"].items():
            if value is not None:
                values[name].append(value)
    return values


def columns_of(things):
    columns = {}
    for name, values in column_values(things).items():
        columns[name] = column_type(values)
        if columns[name] is None:
            raise Misfit("a property of several types, or of lists")
    return columns


def cell(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def yaml_columns(columns):
    return "".join(f"      - {{name: {name}, type: {kind}}}\n" for name, kind in columns.items())


def write_table(folder, name, head, rows):
    with open(os.path.join(folder, name + ".csv"), "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow(head)
        out.writerows(rows)


def write_graph(folder, graph):
    kinds, tables = "", ""
    of_kind, of_type = collections.defaultdict(list), collections.defaultdict(list)
    for number, node in enumerate(graph["nodes"]):
        if len(node["labels"]) > 1:
            raise Misfit("several labels of a node")
        of_kind[node["labels"][0] if node["labels"] else ""].append((f"n{number:06}", node))
    names = {label: f"k{i}" for i, label in enumerate(of_kind)}
    kind_of = [names[node["labels"][0] if node["labels"] else ""] for node in graph["nodes"]]
    for label, nodes in of_kind.items():
        name, columns = names[label], columns_of([node for _, node in nodes])
        kinds += f"  - {{name: {name}, table: {name}s}}\n"
        tables += f"  - name: {name}s\n    label: '{label}'\n    class: entity\n    columns:\n"
        tables += f"      - {{name: {KEY}, type: id, kind: {name}}}\n" + yaml_columns(columns)
        write_table(folder, name + "s", [KEY, *columns],
                    [[key, *(cell(node["props"].get(c)) for c in columns)] for key, node in nodes])
    for edge in graph["edges"]:
        of_type[edge["type"], kind_of[edge["from"]], kind_of[edge["to"]]].append(edge)
    for number, ((label, left, right), edges) in enumerate(of_type.items()):
        columns = columns_of(edges)
        rows = [[f"n{e['from']:06}", f"n{e['to']:06}", *(cell(e["props"].get(c)) for c in columns)] for e in edges]
        if len(set(map(tuple, rows))) < len(rows):  # rows are sets: what tells those apart that say the same
            columns[SAME] = "integer"
            rows = [[*row, number] for number, row in enumerate(rows)]
        tables += f"  - name: r{number}\n    label: '{label}'\n    class: relation\n    columns:\n"
        tables += f"      - {{name: {FROM}, type: id, kind: {left}}}\n      - {{name: {TO}, type: id, kind: {right}}}\n"
        tables += yaml_columns(columns)
        write_table(folder, f"r{number}", [FROM, TO, *columns], rows)
    with open(os.path.join(folder, "ontology.yaml"), "w", encoding="utf-8") as f:
        f.write(("kinds:\n" + kinds if kinds else "") + ("tables:\n" + tables if tables else ""))
    write_table(folder, "officers", ["officer_id"], [])  # no force is without


# ---- Comparing ----


def plain(value, lists_ordered):
    """A value so that equal ones are equal: numbers as floats where they are exact, lists sorted where their order is free."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return "NaN" if isinstance(value, float) and math.isnan(value) else value
    if isinstance(value, list):
        items = [plain(v, lists_ordered) for v in value]
        return items if lists_ordered else sorted(items, key=lambda v: json.dumps(v, sort_keys=True))
    if set(value) == {"@f"}:
        return value["@f"]
    if "@n" in value:
        return {"@n": value["@n"], "p": plain(value["p"], lists_ordered)}
    if "@p" in value:
        return {"@p": [plain(v, True) for v in value["@p"]]}
    return {k: plain(v, lists_ordered) for k, v in value.items() if k != SAME}


def same(a, b):
    """1 is 1.0, but true is not 1; large integers come as text."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or (isinstance(a, float) or isinstance(b, float)) and math.isclose(a, b, rel_tol=1e-12)
    if isinstance(a, int) and isinstance(b, str):
        return abs(a) > 1 << 53 and str(a) == b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def rows_same(wanted, got, ordered):
    if len(wanted) != len(got):
        return False
    if ordered:
        return all(map(same, wanted, got))
    left = list(got)
    for row in wanted:
        at = next((i for i, other in enumerate(left) if same(row, other)), None)
        if at is None:
            return False
        del left[at]
    return True


def compare(expected, answer):
    """None, or how an answer differs from what was expected."""
    if "error" in expected:
        return f"no error, but {len(answer['rows'])} rows; expected {expected['error']}"
    columns = [c["name"] for c in answer["columns"]]
    if sorted(columns) != sorted(expected["columns"]):
        return f"columns {columns}, not {expected['columns']}"
    order = [columns.index(name) for name in expected["columns"]]
    lists_ordered = expected.get("list_order", True)
    wanted = [[plain(v, lists_ordered) for v in row] for row in expected["rows"]]
    got = [[plain(row[i], lists_ordered) for i in order] for row in answer["rows"]]
    if rows_same(wanted, got, expected["ordered"]):
        return None
    return f"rows {json.dumps(got)[:300]}, not {json.dumps(wanted)[:300]}"


def compare_error(expected, fault):
    """None, or what is wrong with a refusal."""
    if "error" not in expected:
        return f"refused: {fault['type']} {fault['detail']}: {fault['message'][:300]}"
    if fault["type"] != expected["error"]:
        return f"refused as {fault['type']} {fault['detail']}, not {expected['error']} {expected['detail']}: {fault['message'][:200]}"
    return None


# ---- One case ----


def ask(store, case):
    words = [os.environ["CANDOUR"], "query", store, case["query"], "--json"]
    for name, value in case["params"].items():
        words += ["--param", f"{name}={json.dumps(value)}"]
    ran = subprocess.run(words, capture_output=True, timeout=120)
    try:
        return json.loads(ran.stdout)
    except ValueError:
        return {"error": {"type": "NoAnswer", "detail": str(ran.returncode), "message": ran.stderr.decode(errors="replace")}}


def judge(store, case):
    """What is wrong with the answer, or None; and whether an error's detail is as expected too."""
    answer, expected = ask(store, case), case["expected"]
    if "error" not in answer:
        return compare(expected, answer), True
    detail = expected.get("detail") in ("*", answer["error"]["detail"])
    return compare_error(expected, answer["error"]), detail


def has_empty_text(graph):
    return any("" in values for values in column_values(graph["nodes"] + graph["edges"]).values())


def make_store(folder, graph):
    os.mkdir(folder)
    write_graph(folder, graph)
    store = folder + ".candour"
    ran = subprocess.run([os.environ["CANDOUR"], "load", folder, "--into", store, "--presence", "all", "--quiet"],
                         capture_output=True, text=True)
    if ran.returncode != 0:
        raise Misfit("its graph was not loaded: " + ran.stderr.strip()[:300])
    return store


# ---- All of them ----


def name_of(case, seen):
    """Unique, also where a scenario has several examples."""
    name = f"{case['file']} {case['name']}"
    seen[name] += 1
    return name if seen[name] == 1 else f"{name} #{seen[name]}"


def main():
    path = os.environ.get("CANDOUR_CASES", os.path.join(source, "../shared/opencypher/cases.json"))
    if not os.path.exists(path):
        print("there are no cases:", path)
        sys.exit(77)
    with open(path, encoding="utf-8") as f:
        cases = json.load(f)["cases"]
    seen, by_graph = collections.Counter(), {}
    for number, case in enumerate(cases):
        case["called"] = name_of(case, seen)
        if number % EVERY == 0:
            by_graph.setdefault(json.dumps(case["setup"], sort_keys=True), []).append(case)
    score, details, errors = collections.Counter(), 0, 0
    passed, failed, left_out = [], [], []
    with tempfile.TemporaryDirectory() as room:
        for number, group in enumerate(by_graph.values()):
            try:
                if min(case["tier"] for case in group) > 2:
                    raise Misfit("several labels a node, or lists or mixed types as properties")
                store = make_store(os.path.join(room, f"g{number}"), group[0]["setup"])
            except Misfit as why:
                left_out += [(case, str(why)) for case in group]
                continue
            for case in group:
                wrong, detail = judge(store, case)
                if wrong and has_empty_text(case["setup"]):
                    left_out.append((case, "its graph has an empty text: in a CSV that is an unknown one"))
                    continue
                (failed if wrong else passed).append((case, wrong))
                score[case["stage"], case["tier"], wrong is None] += 1
                if "error" in case["expected"] and not wrong:
                    details, errors = details + detail, errors + 1
    report(score, passed, failed, left_out, details, errors)
    sys.exit(hold(cases, passed, "CANDOUR_CASES" in os.environ))


def report(score, passed, failed, left_out, details, errors):
    for case, why in left_out:
        print(f"left out: {case['called']}: {why}")
    for case, wrong in failed:
        print(f"not passed: {case['called']}\n    {' '.join(case['query'].split())}\n    {wrong}")
    for stage, tier in sorted({key[:2] for key in score}):
        yes, no = score[stage, tier, True], score[stage, tier, False]
        print(f"stage {stage}, tier {tier}: {yes} of {yes + no}")
    print(f"passed: {len(passed)} of {len(passed) + len(failed)}, {len(left_out)} left out; of {errors} errors {details} in their detail too")


def hold(cases, passed, others):
    """The exit status: 1 where a case that passed before does not."""
    if others:
        return 0
    called = {case["called"] for case, _ in passed}
    floor = set()
    if os.path.exists(FLOOR):
        with open(FLOOR, encoding="utf-8") as f:
            floor = {line.rstrip("\n") for line in f}
    if os.environ.get("CANDOUR_CASES_REWRITE"):
        with open(FLOOR, "w", encoding="utf-8") as f:
            f.write("".join(name + "\n" for name in sorted(floor | called)))
    known = {case["called"] for n, case in enumerate(cases) if n % EVERY == 0}
    lost = sorted((floor & known) - called) + sorted(floor - {case["called"] for case in cases})
    for name in lost:
        print("LOST", name)
    if called - floor:
        print(f"{len(called - floor)} pass that are not in conformance.passed")
    return 1 if lost else 0


if __name__ == "__main__":
    main()

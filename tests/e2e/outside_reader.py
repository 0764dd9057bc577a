# SPDX-License-Identifier: GPL-3.0-or-later
"""outside_reader.py: a store read with h5py and FORMAT.md alone: every table's rows and every value in them are those of
the CSV files that it was made of, whether they came in one load or in two, compacted or not."""
import csv, datetime, os, re, subprocess, sys, tempfile
from collections import Counter

try:
    import h5py
    import numpy as np
except ImportError as why:
    print("skip outside_reader:", why)
    sys.exit(77)

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def segments(store):
    """The HDF5 files, in the manifest's order."""
    with open(f"{store}/manifest") as f:
        names = [line.split()[1] for line in f if line.startswith("file ")]
    return [h5py.File(f"{store}/segments/{name}", "r") for name in names]


def texts(group, n):
    """n texts that stand one after the other; without offsets all have the same length."""
    data = group["bytes"][:].tobytes()
    at = group["offsets"][:] if "offsets" in group else np.arange(n + 1) * (len(data) // max(n, 1))
    return [data[at[i]:at[i + 1]].decode() for i in range(n)]


def directory(file):
    """Lines of /directory, split, by their first word."""
    lines = [line.split(" ") for line in file["directory"][:].tobytes().decode().split("\n")]
    return {word: [line[1:] for line in lines if line[0] == word] for word in ("kind", "table")}


def ids_of(files):
    ids = {}
    for file in files:
        for name, first, n, _ in directory(file)["kind"]:
            known = ids.setdefault(name, [])
            assert int(first) == len(known)
            known += texts(file[f"kinds/{name}"], int(n))
    return ids


def column(table, name, rows):
    """Codes as whole numbers, None where unknown; reals as they are."""
    if f"column/{name}" not in table:
        return [None] * rows
    array = table[f"column/{name}"]
    codes = array[:]
    if codes.dtype.kind == "f":
        return [None if np.isnan(x) else float(x) for x in codes]
    unknown, base = np.iinfo(codes.dtype).max, int(array.attrs["base"])
    return [None if c == unknown else base + int(c) for c in codes]


def lines_of(table, rows):
    """The packed source lines."""
    base, width = table["line/base"][:], table["line/width"][:]
    start = table["line/start"][:]
    words = [int(w) for w in table["line/words"][:]] if "line/words" in table else []
    out = []
    for block in range((rows + 63) // 64):
        if block % 64 == 0:
            word = int(start[block // 64])
        w, line = int(width[block]), int(base[block])
        bits = sum(words[word + k] << 64 * k for k in range(w))
        for i in range(min(64, rows - 64 * block)):
            if i:
                z = bits >> (i * w) & ((1 << w) - 1)
                line += (z >> 1) ^ -(z & 1)
            out.append(line)
        word += w
    return out


def time_text(seconds):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).isoformat() + "Z"


def as_text(value, kind, ids, words):
    if value is None:
        return ""
    if kind in ids:
        return ids[kind][value]
    if kind == "text":
        return words[value]
    if kind == "time":
        return time_text(value)
    return repr(value)


# What the contract (DATA.md) says of the columns that are neither a text nor an id of the table's own.
TIMES = {"joined", "left", "as_of", "opened", "closed", "starts", "ends", "made_at", "at", "from", "to", "claimed_from",
         "claimed_to", "declared_at", "ended"}
NUMBERS = {"sensitivity", "confidence", "overtime_hours", "basic", "overtime_pay", "expenses", "sickness_days", "amount"}
KINDS = {"officer_id": "officer", "case_id": "case", "shift_id": "shift", "association_id": "association",
         "complaint_id": "complaint", "from_id": "association", "to_id": "association", "manager": "officer",
         "complainant": "association"}
RELATIONS = {"accesses", "assignments", "roster", "subjects", "links", "declarations", "allegations", "ties"}


def rows_in_store(store, tables):
    """Per table a Counter of rows, as the text of their cells; and the lines that rows came from, by source."""
    files = segments(store)
    ids, found, origins, n_sources = ids_of(files), {}, {}, 0
    for file in files:
        for name, rows, left_keys, right_keys, _, _ in directory(file)["table"]:
            rows, table, header = int(rows), file[f"tables/{name}"], tables[name]
            keys = table["keys"][:] if "keys" in table else np.arange(int(left_keys))
            left = np.repeat(keys, np.diff(table["offsets"][:].astype("i8")))
            cells = {header[0]: [ids[KINDS[header[0]]][i] for i in left]}
            for c, column_name in enumerate(header[1:], 1):
                kind = KINDS.get(column_name, "time" if column_name in TIMES else "number" if column_name in NUMBERS else "text")
                if name in RELATIONS and c == 1:
                    values, words = [int(i) for i in table["right"][:]], None
                else:
                    values = column(table, column_name, rows)
                    words = texts(table[f"text/{column_name}"], len(table[f"text/{column_name}/offsets"]) - 1) \
                        if f"text/{column_name}" in table else None
                cells[column_name] = [as_text(v, kind, ids, words) for v in values]
            found.setdefault(name, Counter()).update(zip(*(cells[h] for h in header)))
            source = table["source"]
            number = source[:].astype("i8") + int(source.attrs["base"])
            number = np.repeat(number, rows) if len(number) == 1 else number
            origins.setdefault(name, []).extend(zip((int(s) for s in number), lines_of(table, rows), zip(*(cells[h] for h in header))))
            if int(right_keys):  # both directions say the same
                keys = table["reverse/keys"][:] if "reverse/keys" in table else np.arange(int(right_keys))
                right = np.repeat(keys, np.diff(table["reverse/offsets"][:].astype("i8")))
                back = Counter(zip(table["reverse/left"][:].tolist(), right.tolist(), table["reverse/row"][:].tolist()))
                forth = Counter(zip(left.tolist(), table["right"][:].tolist(), range(rows)))
                if back != forth:
                    check(f"{store}: both directions of {name}", False)
        n_sources += len(file["sources"][:].tobytes().decode().splitlines()) if "sources" in file else 0
    sources = [line.split(" ") for file in files if "sources" in file
               for line in file["sources"][:].tobytes().decode().splitlines()]
    for file in files:
        file.close()
    return found, origins, sources


def same_number(text):
    return repr(float(text)) if text else ""


def normal(header, row):
    """A CSV row as rows_in_store writes it."""
    out = []
    for name, cell in zip(header, row):
        if name in NUMBERS:
            cell = same_number(cell)
        elif name in TIMES and cell:
            cell = re.sub("Z$", "", cell) + ("" if "T" in cell else "T00:00:00") + "Z"
        out.append(cell)
    return tuple(out)


def read_csv(path):
    with open(path, newline="") as f:
        rows = list(csv.reader(f))
    return rows[0], rows[1:]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([candour, "generate", "--officers", "60", "--days", "20", "--seed", "5", "--out", "force"], **quiet)
    subprocess.run([candour, "load", "force", "--into", "one", "--presence", "all"], **quiet)
    # The same in two loads, of which the second has half of the accesses again; and that compacted.
    os.mkdir("half")
    header, rows = read_csv("force/accesses.csv")
    with open("half/accesses.csv", "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([header] + rows[: len(rows) // 2])
    subprocess.run([candour, "load", "--as", "accesses", "half/accesses.csv", "--into", "two", "--presence", "all"], **quiet)
    subprocess.run([candour, "load", "force", "--into", "two"], **quiet)
    subprocess.run(["cp", "-r", "two", "three"], check=True)
    subprocess.run([candour, "compact", "three"], **quiet)

    loaded = [n for n in os.listdir("force") if n.endswith(".csv") and n not in ("truth.csv", "protected.csv")]
    wanted, headers = {}, {}
    for name in loaded:
        header, rows = read_csv(f"force/{name}")
        table = name[:-4]
        headers[table] = header
        if table == "pay":  # months, which are kept as their first second
            month = header.index("month")
            rows = [row[:month] + [row[month] + "-01"] + row[month + 1:] for row in rows]
            TIMES.add("month")
        wanted[table] = Counter({normal(header, row) for row in rows})  # rows are sets
    check(f"there are {len(loaded)} tables", len(loaded) == 17)

    for store, files in ("one", 1), ("two", 2), ("three", 1):
        found, origins, sources = rows_in_store(store, headers)
        check(f"{store}: {files} file(s)", len(os.listdir(f"{store}/segments")) == files)
        for table in sorted(wanted):
            have = Counter({normal(headers[table], row): n for row, n in found.get(table, Counter()).items()})
            check(f"{store}: {table}, {sum(wanted[table].values())} rows", have == wanted[table])
        # Each row knows where it came from: that line of that file says the same.
        of = {}
        wrong = 0
        for number, line, row in origins["accesses"]:
            path = re.sub("%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), sources[number][6])
            if path not in of:
                with open(path) as f:
                    of[path] = f.read().split("\n")
            wrong += normal(headers["accesses"], next(csv.reader([of[path][line - 1]]))) != normal(headers["accesses"], row)
        check(f"{store}: {len(origins['accesses'])} accesses lie where they say", wrong == 0)

sys.exit(1 if failures else 0)

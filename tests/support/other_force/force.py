# SPDX-License-Identifier: GPL-3.0-or-later
"""What forces are made of, and what is built of one."""
import numpy as np

DAY = 86400
EPOCH = int(np.datetime64("2025-01-01", "s").astype(np.int64))
ACTIONS = np.array(["search", "view", "edit", "print", "export"], dtype=object)
USUAL = (0.10, 0.68, 0.16, 0.045, 0.015)
TAKING = (0.02, 0.45, 0.03, 0.32, 0.18)
LOOKING = (0.25, 0.70, 0.02, 0.025, 0.005)
REASONS = np.array(["", "enquiry", "supervision", "briefing", "update", "court file", "call handling",
                    "safeguarding", "audit", "intel check"], dtype=object)
RANKS = ["constable", "sergeant", "inspector", "chief inspector", "superintendent",
         "chief superintendent", "staff"]
GUILTY = {"ring": 3, "snoop": 6, "leak": 5, "abuse": 4, "grooming_drift": 4, "hidden_tie": 4,
          "hidden_member": 5, "overtime": 5, "absentee": 4}
INNOCENT = {"analyst": 10, "secondee": 14, "reviewer": 8, "carer": 20, "popular_case": 3}

# What a unit type is: share of the force, size range, shift pattern, files a head a year, life of a
# file in days (median), work on colleagues' files, and work across units (sessions a head a year).
TYPES = {
    "response": ("rota", 26, 12, 70, 28), "cid": ("week", 13, 50, 45, 38),
    "nbhd": ("six", 14, 35, 60, 30), "special": ("week", 9, 70, 40, 40),
    "custody": ("rota", 4, 6, 30, 25), "intel": ("week", 6, 40, 40, 60),
    "control": ("rota", 16, 3, 60, 35), "admin": ("week", 4, 25, 30, 40)}

VARIANTS = {
    "A": dict(divisions=6, kinds=14, missing=0.12, late=0.35, sens=(0.55, 0.27, 0.13, 0.05), channels=4,
              sizes={"response": (60, 150), "cid": (20, 70), "nbhd": (10, 45), "special": (12, 40),
                     "custody": (18, 50), "intel": (15, 60), "control": (50, 180), "admin": (15, 80)},
              share={"response": .36, "cid": .19, "nbhd": .16, "special": .07, "custody": .05,
                     "intel": .04, "control": .06, "admin": .07},
              hotdesk=0.03, cover=0.02, ops=1.0, op_size=(5, 18), op_files=(8, 40), badge=0.92, team=0.42),
    "B": dict(divisions=18, kinds=40, missing=0.18, late=0.45, sens=(0.40, 0.30, 0.20, 0.10), channels=7,
              sizes={"response": (40, 200), "cid": (10, 40), "nbhd": (8, 25), "special": (8, 30),
                     "custody": (10, 40), "intel": (8, 35), "control": (60, 200), "admin": (8, 60)},
              share={"response": .22, "cid": .17, "nbhd": .10, "special": .28, "custody": .04,
                     "intel": .07, "control": .04, "admin": .08},
              hotdesk=0.30, cover=0.04, ops=2.2, op_size=(10, 30), op_files=(15, 90), badge=0.88, team=0.34),
    "C": dict(divisions=10, kinds=6, missing=0.25, late=0.55, sens=(0.82, 0.18, 0.0, 0.0), channels=3,
              sizes={"response": (10, 40), "cid": (8, 25), "nbhd": (8, 16), "special": (8, 14),
                     "custody": (8, 16), "intel": (8, 14), "control": (12, 50), "admin": (8, 24)},
              share={"response": .44, "cid": .12, "nbhd": .24, "special": .03, "custody": .04,
                     "intel": .02, "control": .05, "admin": .06},
              hotdesk=0.10, cover=0.30, ops=0.5, op_size=(5, 12), op_files=(6, 25), badge=0.80, team=0.55)}

# Posts whose work is other people's files: which files, how old (days), how many sessions a year.
POSTS = {
    "custody": ("division", 0.3, 420), "duty_inspector": ("division", 0.6, 300),
    "dv_desk": ("kind", 1.5, 520), "mental_health": ("kind", 1.0, 330), "disclosure": ("kind", 110., 380),
    "vetting": ("force", 300., 320), "intel_analyst": ("kind", 20., 800), "data_quality": ("force", 40., 950),
    "front_counter": ("division", 6., 300), "reviewer": ("force", 60., 420)}
KIND_NAMES = ["volume", "violence", "domestic", "traffic", "missing", "sexual", "fraud", "drugs", "burglary",
              "robbery", "child", "hate", "licensing", "sudden_death", "firearms", "cyber", "modern_slavery",
              "stalking", "arson", "exploitation", "terror", "corruption", "witness_care", "extradition",
              "wildlife", "events", "homicide", "kidnap", "gang", "trafficking", "honour", "adult_risk",
              "money", "vehicle", "antisocial", "intel_log", "custody_rec", "warrant", "source", "lost"]


class Force:
    """All that is built: columns as arrays, and growing lists of rows for what is planted."""

    def __init__(self, a):
        self.a, self.v, self.N, self.D = a, VARIANTS[a.variant], a.officers, a.days
        self.rng = np.random.default_rng([a.seed, ord(a.variant)])
        self.acc = []                                   # (officer, case, t, action, reason) arrays
        self.assign, self.links, self.decl, self.ties = [], [], [], []
        self.extra_subjects, self.complaint_rows, self.allegation_rows = [], [], []
        self.truth, self.look = [], []
        self.assoc_kind, self.assoc_name = [], []
        self.used = set()

    def oid(self, o):
        """The identifier of an officer."""
        return self.O[int(o)]

    def assoc(self, kind, name=""):
        """A new association; its index."""
        self.assoc_kind.append(kind)
        self.assoc_name.append(name or (f"Company {self.rng.integers(1000, 99999)}" if kind == "company" else ""))
        return len(self.assoc_kind) - 1

    def snap(self, o, day, hours=None, spread=12):
        """Times at which officers o are at work at or soon after `day`; -1 where they are not.

        A few in a hundred fall after the shift or on a rest day. `hours` draws from the clock instead.
        """
        r = self.rng
        o, day = np.asarray(o), np.asarray(day).astype(np.int64)
        ok = (day >= 0) & (day < self.D)
        d0 = np.clip(day, 0, self.D - 1)
        d = self.nxt[o, d0]
        d = np.where(r.random(len(d)) < 0.007, d0, d)
        ok &= (d < self.D) & (d - d0 <= spread)
        d = np.minimum(d, self.D - 1)
        st, ln = self.start[o, d], self.length[o]
        u = r.random(len(d))
        t = st + u * ln * 3600
        over = r.random(len(d)) < 0.035
        t = np.where(over, st + ln * 3600 + r.exponential(2700, len(d)), t)
        if hours is not None:
            h = hours[0] + r.random(len(d)) * (hours[1] - hours[0])
            t = d * DAY + h * 3600
        t = (t + EPOCH).astype(np.int64)
        ok &= (t >= self.joined[o]) & (t < self.left[o]) & (t < EPOCH + self.D * DAY)
        return np.where(ok, t, -1)

    def add(self, o, c, t, act=USUAL, reason=None, session=0.0):
        """Log accesses; `session` is the chance that one more row follows within minutes, and so on."""
        r = self.rng
        o, c, t = (np.asarray(x, dtype=np.int64) for x in (o, c, t))
        keep = (t >= 0) & (c >= 0)
        o, c, t = o[keep], c[keep], t[keep]
        keep = t >= self.copen[c]
        o, c, t = o[keep], c[keep], t[keep]
        if session > 0 and len(o):
            k = np.minimum(r.geometric(1 - session, len(o)), 8)
            i = np.repeat(np.arange(len(o)), k)
            first = np.r_[0, np.cumsum(k)[:-1]]
            step = r.exponential(150, len(i)).astype(np.int64) + 3
            step[first] = 0
            s = np.cumsum(step)
            o, c, t = o[i], c[i], t[i] + s - np.repeat(s[first], k)
        act = np.searchsorted(np.cumsum(act)[:-1], r.random(len(o)))
        rs = np.where(r.random(len(o)) < 0.55, 0, r.integers(1, 10, len(o))) if reason is None \
            else np.full(len(o), reason)
        self.acc.append((o, c, t, act, rs))
        return len(o)

    def pick(self, key, val, day, lag, back=6):
        """Files of one unit, division or kind, or of the force, opened about lag days before `day`."""
        r = self.rng
        order, comb = self.index[key]
        val = np.asarray(val, dtype=np.int64)
        want = np.asarray(day) - r.exponential(np.maximum(lag, 1e-3), len(val)) * r.lognormal(0, .7, len(val))
        base = val * 8192 + np.maximum(want.astype(np.int64) + 1000, 0)
        pos = np.searchsorted(comb, base, "right") - 1
        best = np.full(len(val), -1)
        for _ in range(2):                              # the better known of two files
            p = pos - r.integers(0, back, len(val))
            good = (p >= 0) & (comb[p] // 8192 == val)
            c = np.where(good, order[p], -1)
            best = np.where((best < 0) | ((c >= 0) & (self.cpop[c] > self.cpop[best])), c, best)
        return best

    def innocents(self, n, where=None):
        """n officers with no part in anything yet, busy enough to matter."""
        ok = self.active.copy() if where is None else self.active & where
        if self.used:
            ok[list(self.used)] = False
        idx = np.flatnonzero(ok)
        got = self.rng.permutation(idx)[:n]
        self.used.update(int(x) for x in got)
        return got

    def guilty(self, o, scheme, group, day):
        """Write one line of the truth."""
        self.truth.append((self.oid(o), scheme, group, day_text(day)))

    def cover(self, o, c, day, to=None, role="assist"):
        """An assignment on record."""
        day = max(day, int(self.cday[c]))
        to = None if to is None or to <= day + 1 else to
        self.assign.append((int(o), int(c), role, EPOCH + int(day * DAY), -1 if to is None else EPOCH + int(to * DAY)))

    def link(self, o, x, source, conf, d0=None, d1=None):
        """An observed tie between an officer and an association."""
        self.links.append((int(o), int(x), source, -1 if d0 is None else EPOCH + int(d0 * DAY),
                           -1 if d1 is None else EPOCH + int(d1 * DAY), conf))

    def tie(self, x, y, kind, conf, d0=None, d1=None):
        """A tie between two associations."""
        self.ties.append((int(x), int(y), kind, -1 if d0 is None else EPOCH + int(d0 * DAY),
                          -1 if d1 is None else EPOCH + int(d1 * DAY), conf))

    def work(self):
        """How many accesses each officer has so far."""
        n = np.zeros(self.N, dtype=np.int64)
        for o, *_ in self.acc:
            n += np.bincount(o, minlength=self.N)
        return n


def day_text(d):
    """A day of the period as ISO 8601."""
    return str(np.datetime64(EPOCH + int(d) * DAY, "s"))


def scaled(F, per_thousand):
    """A number of people that grows with the force."""
    return max(1, int(round(per_thousand * F.N / 1000)))


def plan(F, scheme):
    """How many of a scheme: asked for, or the default grown with the force up to a limit."""
    if F.a.null and scheme in GUILTY:
        return 0
    if scheme in F.a.plant:
        return F.a.plant[scheme]
    base = {**GUILTY, **INNOCENT}[scheme]
    return max(1, int(round(base * min(2.0, max(.4, F.N / 2000)))))

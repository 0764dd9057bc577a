# SPDX-License-Identifier: GPL-3.0-or-later
"""Units, officers, who is at work when."""
import time
import numpy as np

from .force import DAY, EPOCH, KIND_NAMES, POSTS, TYPES, day_text, plan


def make_units(F):
    """Units of 8-200 people, each with a type, a division, a site, habits and channels to other units."""
    r, v = F.rng, F.v
    typ, size = [], []
    names = list(TYPES)
    for name in names:
        want, got = v["share"][name] * F.N, 0
        lo, hi = v["sizes"][name]
        while got < want:
            s = int(np.clip(np.exp(r.uniform(np.log(lo), np.log(hi))), 8, 200))
            typ.append(names.index(name))
            size.append(s)
            got += s
    p = r.permutation(len(typ))
    F.utype, F.usize = np.array(typ)[p], np.array(size)[p]
    U = F.U = len(p)
    F.udiv = r.integers(0, v["divisions"], U)
    F.usite = np.where(r.random(U) < 0.7, F.udiv, v["divisions"] + r.integers(0, max(2, U // 6), U))
    F.unames = np.array([f"U{100 + 7 * u}" for u in range(U)], dtype=object)
    K = F.K = v["kinds"]
    F.kinds = np.array(KIND_NAMES[:K], dtype=object)
    # Each unit has its own mixture of kinds: sharp for specialists, broad for response.
    conc = np.where(np.isin(F.utype, [names.index("special"), names.index("cid")]), 0.12, 0.5)
    F.ukind = np.array([r.dirichlet(np.full(K, c)) for c in conc])
    F.uhabit = r.lognormal(0, 0.35, (U, 4))             # files, colleagues' files, cross-unit, sessions
    F.uchan = np.zeros((U, v["channels"]), dtype=np.int64)
    for u in range(U):
        w = np.where(F.udiv == F.udiv[u], 6.0, 1.0) * r.pareto(1.3, U)
        w[u] = 0
        F.uchan[u] = r.choice(U, v["channels"], p=w / w.sum())
    F.uchanw = np.array([r.dirichlet(np.full(v["channels"], 0.6)) for _ in range(U)])


def make_officers(F):
    """People: unit, rank, post (under a role name that says nothing), pace, and moves between units."""
    r, v, N = F.rng, F.v, F.N
    F.O = np.array([f"P{x:06d}" for x in r.choice(900000, N, replace=False) + 100000], dtype=object)
    F.unit = r.permutation(np.repeat(np.arange(F.U), F.usize))[:N]
    typ = F.utype[F.unit]
    names = list(TYPES)
    F.rank = r.choice(6, N, p=(.77, .145, .052, .018, .010, .005))
    F.rank[(typ == names.index("admin")) & (r.random(N) < .7)] = 6
    F.rank[(typ == names.index("control")) & (r.random(N) < .5)] = 6
    F.senior = (F.rank >= 3) & (F.rank <= 5)
    F.post = np.full(N, "", dtype=object)
    F.post[typ == names.index("custody")] = "custody"
    F.post[(typ == names.index("response")) & (F.rank == 2)] = "duty_inspector"
    F.post[(typ == names.index("intel")) & (r.random(N) < .35)] = "intel_analyst"
    adm = np.flatnonzero((typ == names.index("admin")) & (r.random(N) < .30))
    F.post[adm] = r.choice(["dv_desk", "mental_health", "disclosure", "vetting", "data_quality",
                            "front_counter"], len(adm))
    odd = np.flatnonzero((F.post == "") & (r.random(N) < .012))
    F.post[odd] = r.choice(["dv_desk", "mental_health", "disclosure", "front_counter"], len(odd))
    # Role names are codes; several posts share one code and one post has several.
    codes = np.array([f"G{r.integers(10, 99)}" for _ in range(14)], dtype=object)
    F.role = codes[(typ * 2 + r.integers(0, 2, N) + (F.rank == 1)) % 14]
    for p in POSTS:
        m = F.post == p
        F.role[m] = np.where(r.random(m.sum()) < .5, F.role[m], codes[r.integers(0, 14)])
    F.pace = r.lognormal(-0.12, 0.5, N)
    F.parttime = r.random(N) < 0.09
    F.pace[F.parttime] *= 0.6
    F.pace[F.senior] *= 0.45
    F.hotdesk = r.random(N) < v["hotdesk"]
    end = EPOCH + F.D * DAY
    F.joined = EPOCH - (np.minimum(r.gamma(2, 5 * 365, N), 12500) * DAY).astype(np.int64)
    late = r.random(N) < 0.04
    F.joined[late] = EPOCH + (r.random(late.sum()) * F.D * 0.9).astype(np.int64) * DAY
    F.left = np.full(N, end + 10 * 365 * DAY)
    gone = (r.random(N) < 0.035) & ~late
    F.left[gone] = EPOCH + (r.random(gone.sum()) * F.D * DAY).astype(np.int64)
    F.active = ~late & ~gone & ~F.senior
    # Moves: the true unit changes on move_day, the record weeks later or never.
    F.unit2, F.move_day, F.move_rec = F.unit.copy(), np.full(N, 10 ** 6), np.full(N, -1.0)
    mv = np.flatnonzero((r.random(N) < 0.05) & F.active & (F.post == ""))
    F.unit2[mv] = r.integers(0, F.U, len(mv))
    F.move_day[mv] = r.integers(20, max(21, F.D - 20), len(mv))
    F.move_rec[mv] = np.where(r.random(len(mv)) < .18, -1, F.move_day[mv] + r.lognormal(2.2, 1.2, len(mv)))
    F.move_rec[F.move_rec >= F.D] = -1                  # not on record before the period ends
    F.used.update(int(x) for x in mv)
    sec = mv[(F.move_rec[mv] < 0) | (F.move_rec[mv] > F.move_day[mv] + 14)][:plan(F, "secondee")]
    for o in mv:
        if o in sec:
            F.truth.append((F.oid(o), "secondee", "", day_text(F.move_day[o])))
        elif F.move_rec[o] < 0 or F.move_rec[o] > F.move_day[o] + 14:
            F.look.append((o, "moved_unrecorded"))
    F.manager = np.full(N, -1)
    for u in range(F.U):
        m = np.flatnonzero(F.unit == u)
        if len(m) > 1:
            b = m[np.argmax(np.where(F.rank[m] == 6, -1, F.rank[m]))]
            F.manager[m] = b
            F.manager[b] = -1


def make_calendar(F):
    """Which day each officer works, from when: rotas, office weeks, leave, training, part time."""
    r, N, D = F.rng, F.N, F.D
    pat = np.array([["rota", "week", "six"].index(TYPES[t][0]) for t in TYPES])[F.utype[F.unit]]
    d = np.arange(D)
    team = (F.unit * 3 + r.integers(0, 5, N)) % 5
    F.team = team
    if F.a.variant == "C":                              # four on, four off, twelve hours
        pos = (d[None, :] + team[:, None] * 2) % 8
        rota = np.where(pos < 2, 1, np.where(pos < 4, 3, 0))
    else:
        pos = (d[None, :] + team[:, None] * 2) % 10
        rota = np.select([pos < 2, pos < 4, pos < 6], [1, 2, 3], 0)
    wd = (d + 2) % 7                                    # 2025-01-01 is a Wednesday; 0 is Monday
    wkend = ((d[None, :] // 7 + r.integers(0, 6, N)[:, None]) % 6) == 0
    week = np.where((wd[None, :] < 5) | (wkend & (wd[None, :] == 5)), 4, 0)
    six = np.where((d[None, :] + r.integers(0, 9, N)[:, None]) % 9 < 6, np.where(d[None, :] // 3 % 2, 2, 4), 0)
    slot = np.choose(pat[:, None], [rota, week, six]).astype(np.int8)
    office = (F.rank == 6) | F.senior
    slot[office & (pat != 0)] = week[office & (pat != 0)]
    slot[F.senior] = np.where(wd[None, :] < 5, 4, 0)
    slot[F.parttime] *= (r.random((F.parttime.sum(), D)) < 0.6)
    F.leave = np.zeros((N, D), dtype=bool)
    for n, lo, hi in ((4, 4, 16), (1, 2, 6), (2, 1, 4)):     # leave, training, sickness
        for _ in range(n):
            s, k = r.integers(0, D, N), (lo + r.exponential((hi - lo) / 2, N)).astype(int)
            F.leave |= (d[None, :] >= s[:, None]) & (d[None, :] < (s + k)[:, None])
    F.leave |= r.random((N, D)) < 0.012                 # court and odd days
    slot[F.leave] = 0
    F.sick = {}
    for o in F.innocents(plan(F, "carer")):             # a burst of sickness
        d0, k = int(r.integers(0, max(1, D - 60))), int(r.integers(10, 60))
        slot[o, d0:d0 + k] *= r.random(len(slot[o, d0:d0 + k])) < .3
        F.leave[o, d0:d0 + k] = True
        F.sick[int(o)] = (d0, k)
        F.truth.append((F.oid(o), "carer", "", day_text(d0)))
    F.slot = slot
    twelve = F.a.variant == "C"
    hour = np.array([0, 7, 15 if not twelve else 14, 22 if not twelve else 19, 8])
    F.length = np.where(pat == 0, 12 if twelve else 9, 8).astype(float)
    shift = F.unit % 3 * 0.5
    F.start = ((d[None, :] * 24 + hour[slot] + shift[:, None]) * 3600).astype(np.int64)
    nxt = np.full((N, D + 1), 10 ** 4, dtype=np.int64)
    for k in range(D - 1, -1, -1):
        nxt[:, k] = np.where(slot[:, k] > 0, k, nxt[:, k + 1])
    F.nxt = nxt
    F.mood = r.lognormal(0, 0.4, (N, D // 30 + 1))      # busy months and quiet ones
    F.mood /= np.percentile(F.mood, 95)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Case files, and whom they are about."""
import numpy as np

from .force import DAY, EPOCH, TYPES


def make_cases(F):
    """Files: unit, kind, sensitivity, bursty life, hand-over, renown, and who and what they are about."""
    r, v = F.rng, F.v
    per = np.array([TYPES[t][1] for t in TYPES])[F.utype] * F.uhabit[:, 0]
    back = 150
    n = r.poisson(F.usize * per * (F.N / F.usize.sum()) * (F.D + back) / 365)
    F.cunit = np.repeat(np.arange(F.U), n)
    C = F.C = len(F.cunit)
    season = 0.25 * np.sin(np.arange(-back, F.D) / 58.0) + 1 + 0.2 * r.random(F.D + back)
    F.cday = r.choice(np.arange(-back, F.D), C, p=season / season.sum())
    F.copen = EPOCH + F.cday * DAY + r.integers(0, DAY, C)
    u = r.random(C)
    cum = np.cumsum(F.ukind, 1)
    F.ckind = np.minimum((u[:, None] > cum[F.cunit]).sum(1), F.K - 1)
    # A kind leans to open or restricted; the force's overall spread is the variant's.
    lean = r.normal(0, 1, F.K)[F.ckind] * 0.8 + r.normal(0, .6, C) + (F.utype[F.cunit] == 3) * 0.5 \
        + r.normal(0, .7, F.U)[F.cunit]
    cut = np.quantile(lean, np.cumsum(v["sens"])[:3])
    F.csens = np.searchsorted(cut, lean) if F.a.variant != "C" else (lean > cut[0]).astype(int)
    life = np.array([TYPES[t][2] for t in TYPES])[F.utype[F.cunit]]
    F.clife = np.clip(life * r.lognormal(0, 1.1, C), 0.2, 900)
    F.cpop = r.lognormal(0, 1.3, C)
    hand = r.random(C) < 0.14
    F.hand_day = np.where(hand, F.cday + F.clife * r.uniform(.1, .7, C), 1e6)
    to = F.uchan[F.cunit, r.integers(0, v["channels"], C)]
    F.cunit2 = np.where(hand, to, F.cunit)
    F.hand_rec = np.where(r.random(C) < .15, -1, F.hand_day + r.exponential(3, C))
    F.cid = np.array([f"F{25 if d >= 0 else 24}{x:07d}" for d, x in
                      zip(F.cday, r.choice(9000000, C, replace=False) + 1000000)], dtype=object)

    def order(val, day, case):
        comb = val * 8192 + np.maximum(day.astype(np.int64) + 1000, 0)
        s = np.argsort(comb, kind="stable")
        return case[s], comb[s]
    every, h = np.arange(C), np.flatnonzero(hand)
    F.index = {"unit": order(np.r_[F.cunit, F.cunit2[h]], np.r_[F.cday, F.hand_day[h]], np.r_[every, h]),
               "division": order(F.udiv[F.cunit], F.cday, every), "kind": order(F.ckind, F.cday, every),
               "force": order(np.zeros(C, dtype=np.int64), F.cday, every)}
    make_subjects(F)


def make_subjects(F):
    """Persons with surnames and heavy-tailed histories, and the addresses, phones, cars of their files."""
    r, C = F.rng, F.C
    P = max(200, int(C * 0.8))
    F.P = P
    F.assoc_kind += ["person"] * P
    F.assoc_name += [""] * P
    F.surname = np.minimum(r.zipf(1.25, P), 4000)       # surnames are shared, a few very widely
    w = np.cumsum(r.pareto(1.6, P) + 0.2)
    k = np.minimum(r.geometric(0.55, C), 9)
    F.scase = np.repeat(np.arange(C), k)
    F.sperson = np.searchsorted(w, r.random(len(F.scase)) * w[-1])
    F.srole = r.choice(4, len(F.scase), p=(.33, .25, .32, .10))
    first = np.r_[0, np.cumsum(k)[:-1]]
    F.cperson = F.sperson[first]
    F.cname = F.surname[F.cperson]
    q = P // 3
    for kind, base in (("address", 1.0), ("vehicle", .5), ("phone", .6)):
        n = int(q * base)
        a0 = len(F.assoc_kind)
        F.assoc_kind += [kind] * n
        F.assoc_name += [""] * n
        c = r.integers(0, C, int(n * 1.4))
        F.scase = np.r_[F.scase, c]
        F.sperson = np.r_[F.sperson, a0 + F.cperson[c] % n]
        F.srole = np.r_[F.srole, np.full(len(c), 3)]
        ppl = r.integers(0, P, n)
        for p, d in zip(ppl, r.integers(-2000, F.D, n)):
            F.tie(p, a0 + p % n, {"address": "resident", "vehicle": "owner", "phone": "caller"}[kind],
                  round(float(r.uniform(.3, 1)), 2), d)
    for p in r.integers(0, P, P // 8):                  # relatives share a surname, mostly
        F.tie(p, int((p + r.integers(1, 60)) % P), "relative", round(float(r.uniform(.4, 1)), 2))
    F.companies = [F.assoc("company") for _ in range(max(30, P // 120))]
    for x in F.companies:
        for p in r.integers(0, P, r.integers(1, 5)):
            F.tie(p, x, "director", round(float(r.uniform(.6, 1)), 2), r.integers(-3000, 0))
    F.by_name = np.argsort(F.cname, kind="stable")
    F.name_at = np.searchsorted(F.cname[F.by_name], np.arange(4002))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Ties between people, and complaints."""
import numpy as np

from .force import DAY, EPOCH, scaled


def social_life(F):
    """Gyms, unions, clubs and lodges that tie many; homes, couples, phones; what is declared of it."""
    r, N = F.rng, F.N
    F.orgs = []
    kinds = [("gym", .30, .02, 12), ("union", .85, .05, 2), ("football club", .16, .03, 10),
             ("lodge", .03, .93, 3), ("security firm", .015, .90, 4), ("political party", .03, .88, 2)]
    for name, share, declared, n in kinds:
        for g in range(max(1, int(n * np.sqrt(N / 2000)))):
            x = F.assoc("organisation" if name != "security firm" else "company", f"{name} {g}")
            p = share / n * r.lognormal(0, .5) / max(1, np.sqrt(N / 2000)) * (1 if name != "union" else 1.5)
            m = np.flatnonzero(r.random(N) < min(p, .9))
            for o in m:
                d0 = r.integers(-2500, F.D)
                end = None if r.random() < .8 else d0 + r.exponential(700)
                if declared > .8 and r.random() > declared:     # left it before joining the force
                    end = (F.joined[o] - EPOCH) // DAY - r.integers(5, 900)
                    F.link(o, x, "membership list", .9, end - r.integers(100, 2000), end)
                    F.look.append((o, "former_member"))
                    continue
                conf = float(round(r.beta(8, 1.5), 2)) if r.random() < .95 else float(round(r.uniform(.15, .4), 2))
                seen = r.random() < .8
                if seen:
                    F.link(o, x, "membership list", max(conf, .05), d0, end)
                if r.random() < (.05 if conf <= .4 else declared if declared < .8 else 1):
                    F.decl.append((int(o), x, EPOCH + int(min(F.D - 1, d0 + abs(r.normal(0, 90))) * DAY), -1))
                elif seen and (declared < .1 or conf <= .4):
                    F.look.append((o, name.split()[0] if conf > .4 else "name_match"))
            if declared > .8:
                F.orgs.append((x, len(m)))
            for p_ in r.integers(0, F.P // 2, r.integers(5, 60)):
                F.tie(p_, x, "member", round(float(r.uniform(.4, 1)), 2))
    own = r.random(N) < .5                              # a home, a phone; couples share one
    home = np.full(N, -1)
    for o in np.flatnonzero(own):
        home[o] = F.assoc("address")
        F.link(o, home[o], "register", 1.0)
    F.own_person = {}
    for o in r.permutation(N)[:N // 12]:                # officers are victims and witnesses too
        p = F.assoc("person")
        F.own_person[int(o)] = p
        F.link(o, p, "personnel file", 1.0)
        F.extra_subjects += [(int(r.integers(0, F.C)), p, int(r.integers(0, 2))) for _ in range(r.integers(1, 3))]
    for o in r.permutation(N)[:N // 5]:                 # phone records tie officers to citizens
        F.link(o, r.integers(F.P // 2, F.P), "phone record", round(float(r.uniform(.2, .9)), 2), r.integers(-300, F.D))
    singles = r.permutation(np.flatnonzero(own))
    for a, b in singles[:scaled(F, 24) * 2].reshape(-1, 2)[:scaled(F, 12)]:
        F.link(b, home[a], "shared address", .9)
        if r.random() < .6:
            F.decl.append((int(b), int(home[a]), EPOCH - int(r.integers(30, 900)) * DAY, -1))
        F.look += [(a, "couple"), (b, "couple")]


def complain(F, o, person, day, kind, source="public", outcome=None):
    """One complaint, and the officer named in it."""
    r = F.rng
    k = len(F.complaint_rows)
    F.complaint_rows.append((k, EPOCH + int(day * DAY) + int(r.integers(0, DAY)), kind, source, person))
    F.allegation_rows.append((int(o), k, kind, outcome or str(r.choice(
        ["sustained", "not_sustained", "dismissed", "withdrawn", "pending"], p=(.07, .38, .3, .12, .13)))))


def background_complaints(F):
    """Complaints as they come: more on response and on the lively, at times two officers at once."""
    r = F.rng
    w = F.pace * np.where(F.utype[F.unit] == 0, 2.2, .7) * r.gamma(.8, 1, F.N)
    n = r.poisson(F.N * .16 * F.D / 365)
    for o in r.choice(F.N, n, p=w / w.sum()):
        p = int(r.integers(0, F.P)) if r.random() < .8 else -1
        kind = str(r.choice(["manner", "force", "neglect", "stop", "data", "discrimination"], p=(.4, .2, .2, .1, .04, .06)))
        complain(F, o, p, r.integers(0, F.D), kind, "public" if r.random() < .9 else "internal")
        if r.random() < .3:
            mate = r.choice(np.flatnonzero(F.unit == F.unit[o]))
            if mate != o:
                F.allegation_rows.append((int(mate), len(F.complaint_rows) - 1, kind, F.allegation_rows[-1][3]))

# SPDX-License-Identifier: GPL-3.0-or-later
"""shell.py: the shell at a terminal: completion, history between two shells, Ctrl-C at the prompt and in a query, the pager; and the
store is left as it was but for its saved queries."""
import os, pty, re, select, signal, subprocess, sys, tempfile, time

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok, said=""):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)
        print(repr(said))


class Shell:
    """One shell behind a terminal of 80 columns and 24 lines."""

    def __init__(self, store, **environment):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(environment)
            os.execv("/bin/sh", ["sh", "-c", 'stty rows 24 cols 80; exec "$0" shell "$1"', candour, store])

    def wait(self, until, seconds=30):
        """What it says until a text of that form; all of it, where that never comes."""
        said, end = "", time.monotonic() + seconds
        while not re.search(until, said) and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    more = os.read(self.terminal, 65536)
                except OSError:
                    break
                said += more.decode(errors="replace").replace("\r", "")
        return said

    def type(self, keys, until="candour> $"):
        os.write(self.terminal, keys.encode())
        return self.wait(until)

    def leave(self):
        """Its status at the end; Ctrl-D counts when a prompt waits for it, which on a busy machine may be later."""
        for _ in range(30):
            os.write(self.terminal, b"\x04")
            self.wait("never said", 1)
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                return status
        os.kill(self.pid, signal.SIGKILL)
        return os.waitpid(self.pid, 0)[1]


def digest(store):
    return subprocess.check_output([candour, "digest", store])


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    subprocess.run([candour, "generate", "--officers", "300", "--days", "20", "--seed", "5", "--out", "force", "--quiet"], check=True)
    subprocess.run([candour, "load", "force", "--into", "s", "--quiet"], check=True)
    before, files = digest("s"), sorted(os.listdir("s"))
    environment = {"TERM": "xterm", "XDG_STATE_HOME": folder + "/state", "PAGER": "cat -n", "HOME": folder, "LC_ALL": "C.UTF-8"}

    shell = Shell("s", **environment)
    said = shell.wait("candour> $")
    check("it greets", "\\help" in said, said)
    said = shell.type("RETURN 'caf\u00e9'\nAS drink;\n", r"1 row\ncandour> $")
    check("a statement has several lines", "caf\u00e9" in said, said)
    said = shell.type("match (o:Off\t) return o.uni\t limit 1;\n", r"rows?\n.*candour> $|candour:")
    check("labels and properties of a label are completed", "o.unit" in said and "1 row" in said, said)
    said = shell.type("match (o)-[a:ACC\t]->() return count(*) as n;\n", r"rows?\n.*candour> $|candour:")
    check("types are completed", "7209" in said, said)
    said = shell.type("return size('P00001\t", "P000019")
    check("ids are listed", "P000010" in said, said)
    said = shell.type("\x03")
    check("Ctrl-C drops a line", "^C" in said, said)
    said = shell.type("\\sc\t\n", r"pattern[^$]*candour> $")
    check("commands are completed", "(Officer)-[:ACCESSED]->(Case)" in said, said)
    said = shell.type("RETURN p.x;\n", r"\^\n.*candour> $")
    check("a caret stands under what is wrong", "  RETURN p.x;\n         ^\n" in said, said)

    os.write(shell.terminal, b"UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y WITH x * y AS z WHERE z % 7 = 8 RETURN count(*);\n")
    time.sleep(1)
    began = time.monotonic()
    said = shell.type("\x03", r"stopped\n.*candour> $")
    check("Ctrl-C stops a query", "stopped" in said and time.monotonic() - began < 10, said)
    said = shell.type("RETURN 1 + 1 AS two;\n", r"1 row\ncandour> $")
    check("and keeps the shell", "two" in said, said)
    said = shell.type("MATCH (o:Officer) RETURN o.id AS id ORDER BY id LIMIT 40;\n", r"rows\n.*candour> $")
    check("a long answer is paged", re.search(r" 1\tid\n +2\tP000001\n", said) is not None, said)
    shell.type("\\save officers\n")
    check("Ctrl-D leaves", shell.leave() == 0)

    history = folder + "/state/candour/history"
    check("the history is kept, for its owner alone", os.path.exists(history) and os.stat(history).st_mode & 0o077 == 0)
    shell = Shell("s", **environment)
    shell.wait("candour> $")
    said = shell.type("\x10\x10\n", r"rows\n.*candour> $")
    check("the next shell remembers", "P000040" in said, said)
    said = shell.type("\\run of\t\n", r"rows\n.*candour> $|candour:")
    check("saved queries are completed", "P000040" in said, said)
    shell.leave()

    check("the records are as they were", digest("s") == before)
    check("and so are the files, but for saved queries", sorted(os.listdir("s")) == sorted(files + ["queries"]), os.listdir("s"))
    check("which lie there whole", os.listdir("s/queries") == ["officers.query"], os.listdir("s/queries"))

    shell = Shell("s", **environment)
    shell.wait("candour> $")
    count = "MATCH (o:Officer) RETURN count(*) AS officers;\n"
    said = shell.type(count, r"1 row\ncandour> $")
    with open("later.csv", "w") as f:
        f.write("officer_id,unit\nP900001,U01\n")
    subprocess.run([candour, "load", "--as", "officers", "later.csv", "--into", "s", "--quiet"], check=True)
    later = shell.type(count, r"1 row\ncandour> $")
    check("what another process loads is asked next", "300" in said and "301" in later and "has changed" in later, said + later)
    shell.leave()

sys.exit(bool(failures))

"""A sqlite3 shell with the library loaded, driven as a user drives it: text in, what the screen shows out."""

import os
import pty
import re
import select
import subprocess
import time

LONGEST_WAIT = 120  # seconds for one text
MARK = "==end of output=="


class Shell:
    """One session on app.db in `directory`. Output and errors come in the order in which a user would see them."""

    def __init__(self, module, directory):
        environment = {k: v for k, v in os.environ.items() if not re.match(r"(SQ)?BACKUP_|S3_|AWS_", k)}
        self._screen, screen_end = pty.openpty()  # as on a terminal, so that the two streams keep their order
        self._process = subprocess.Popen(
            ["sqlite3", "-init", "/dev/null", "-batch", "app.db"], cwd=directory, env=environment,
            stdin=subprocess.PIPE, stdout=screen_end, stderr=screen_end)
        os.close(screen_end)
        self._seen = ""
        self.run(f".load {module}\n")

    def run(self, text):
        """Types `text`, which ends with a whole statement, and returns what appears."""
        self._process.stdin.write(f"{text}\n.print {MARK}\n".encode())
        self._process.stdin.flush()
        deadline = time.monotonic() + LONGEST_WAIT
        while f"{MARK}\n" not in self._seen:
            if not select.select([self._screen], [], [], max(0, deadline - time.monotonic()))[0]:
                self._process.kill()
                raise RuntimeError(f"no end within {LONGEST_WAIT} s of:\n{text}\n{self._seen[-2000:]}")
            try:
                data = os.read(self._screen, 65536)
            except OSError:  # the shell has ended
                raise RuntimeError(f"the sqlite3 shell ended after:\n{text}\n{self._seen[-2000:]}") from None
            self._seen += data.decode(errors="replace").replace("\r\n", "\n")
        output, self._seen = self._seen.split(f"{MARK}\n", 1)
        return re.sub(rf"^\.print {MARK}\n|\.print $", "", output, flags=re.M)

    def close(self):
        self._process.stdin.close()
        code = self._process.wait(timeout=60)
        os.close(self._screen)
        return code


def tidy_errors(output):
    """Errors without line numbers and without the excerpt that the shell draws under a statement that does not parse."""
    output = re.sub(r"^(?:Runtime|Parse) error near line \d+: ", "error: ", output, flags=re.M)
    return re.sub(r"^  .*\n +(?:\^--- error here|error here ---\^)\n", "", output, flags=re.M)

"""A program that starts a child, says who they are and never ends."""

import os
import subprocess
import sys

if __name__ == "__main__":
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    print(os.getpid(), child.pid, flush=True)
    while True:
        pass

"""The peers of encoder_bench.py: programs that read a JSON object a line and answer each with one."""
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
DEBIAN_PYTHON = "/usr/bin/python3"  # The one that Debian's packages install into.


class PeerFailed(Exception):
    pass


class Peer:
    """A child process; `with` ends it."""

    def __init__(self, command):
        self.command = command
        self.child = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()

    def ask(self, **command):
        try:
            self.child.stdin.write(json.dumps(command) + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            raise PeerFailed(f"{self.command[0]}: ended") from None
        line = self.child.stdout.readline()
        if not line:
            raise PeerFailed(f"{self.command[0]}: ended without an answer")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerFailed(f"{self.command[0]}: {answer['error']}")
        return answer

    def cpu_s(self):
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def torch_command():
    """Starts the PyTorch peer, or None with a word on standard output."""
    has_torch = [DEBIAN_PYTHON, "-c", "import numpy, torch"]
    try:
        found = subprocess.run(has_torch, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        found = False
    if not found:
        print("SKIPPED: PyTorch is not installed (Debian: python3-torch libopenblas0-pthread)")
        return None
    return [DEBIAN_PYTHON, HERE / "peers" / "torch_peer.py"]


def onnx_command(build):
    """Installs the pinned onnxruntime into `build` (its CPU library is inside the npm package)."""
    build.mkdir(parents=True, exist_ok=True)
    pinned = [HERE / "peers" / name for name in ("package.json", "package-lock.json", ".npmrc")]
    stamp, installed = "".join(path.read_text() for path in pinned), build / "installed"
    if not installed.exists() or installed.read_text() != stamp:
        for path in pinned:
            (build / path.name).write_bytes(path.read_bytes())
        try:
            done = subprocess.run(["npm", "ci", "--loglevel=error"], cwd=build, timeout=400, check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        except (FileNotFoundError, subprocess.TimeoutExpired):
            done = False
        if not done:
            print("SKIPPED: npm could not install onnxruntime-node")
            return None
        installed.write_text(stamp)
    return ["node", HERE / "peers" / "onnx_peer.mjs", build]


def pith_command(bin_dir):
    program = bin_dir / "pith_encoder_bench"
    if not program.exists():
        sys.exit(f"{program} is not built")
    return [program]

#!/usr/bin/env python3
"""The encoder and its peers in turn on this machine, one thread each, random weights, 512 tokens a chunk.

    bench/encoder/encoder_bench.py [--bin DIR] [--shapes small,base,large] [--quick] [--alone]

Prints tokens per second of CPU time (the median of several rounds in which every peer has its turn, so that a busy
neighbour hits all alike), the share of the measured fma peak, and a PASS or FAIL line for each bar. A bar that would
need more than 0.95 of the fma peak of this CPU says BEYOND instead; one whose peer is not installed says SKIP. Exit 1
when a bar fails. --quick: a round each and no verdict, to see that all runs. --alone: without peers.
"""
import argparse
import json
import math
import os
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import compress_bench
import peers
from bars import Bars

ROOT = Path(__file__).resolve().parents[2]
SHAPES = {
    "tiny": {"layers": 2, "hidden": 64, "heads": 4, "ffn": 128},  # No published size: to see that all runs.
    "small": {"layers": 6, "hidden": 384, "heads": 12, "ffn": 1536},
    "base": {"layers": 12, "hidden": 768, "heads": 12, "ffn": 3072},
    "large": {"layers": 24, "hidden": 1024, "heads": 16, "ffn": 4096},
}
LENGTH = 512
ROUNDS = {"tiny": 3, "small": 7, "base": 5, "large": 3}
MEMORY_GB = {"tiny": 1, "small": 2, "base": 6, "large": 16}  # All peers stand ready at once.
PASSES = {"tiny": 4, "small": 4, "base": 1, "large": 1}
SECONDS_MAX = 240  # Of a shape's rounds; two are run whatever they take.
FULL = [LENGTH] * 8
RAGGED = [32 + round(i * 480 / 7) for i in range(8)]
PEAK_SHARE = {"tiny": 0.0, "small": 0.58, "base": 0.68, "large": 0.68}
TORCH_RATIO = {"small": 3.0, "base": 1.7}


def mflop_per_token(name):
    """Of the matrix products, in a chunk of LENGTH tokens."""
    shape = SHAPES[name]
    hidden, ffn = shape["hidden"], shape["ffn"]
    return shape["layers"] * (2 * (4 * hidden * hidden + 2 * hidden * ffn) + 4 * LENGTH * hidden) / 1e6


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def instruction_sets():
    flags = Path("/proc/cpuinfo").read_text().split()
    return " ".join(name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile") if name in flags)


def load():
    return os.getloadavg()[0]


def machine_busy_s():
    """CPU seconds of all cores since start that were not idle, those taken by other guests included."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def available_gb():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1e6
    return float("inf")


class Rates:
    """Tokens per CPU second (and per second) of every thing measured, round by round."""

    def __init__(self):
        self.cpu, self.wall = {}, {}
        self.peaks = []  # GFLOP/s from registers, taken in the same rounds.

    def add(self, name, answer):
        self.cpu.setdefault(name, []).append(answer["tokens"] / answer["cpu_s"])
        self.wall.setdefault(name, []).append(answer["tokens"] / answer["wall_s"])

    def median(self, name):
        return statistics.median(self.cpu[name]) if name in self.cpu else None

    def peak(self):
        return statistics.median(self.peaks)

    def median_wall(self, name):
        return statistics.median(self.wall[name])


def fma_peak(bin_dir, *flags):
    said = subprocess.run([bin_dir / "pith_fma_peak", *flags], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def measure_shape(name, bin_dir, commands, scratch, rounds):
    """Rates of all peers for one shape, and how many cores others kept busy in the two-worker rounds."""
    rates, others = Rates(), []
    with ExitStack() as stack:
        turns = []
        for kind, command in commands.items():
            peer = stack.enter_context(peers.Peer(command))
            build = dict(SHAPES[name], shape=name)
            if kind == "pith":
                build["write"] = str(scratch)
            for peer_name in peer.ask(**build)["peers"]:
                turns.append((peer_name, peer, {"peer": peer_name, "passes": PASSES[name]}))
            if kind == "pith" and name == "small":
                for turn, more in (("full batch", {"lengths": FULL}), ("ragged batch", {"lengths": RAGGED}),
                                   ("one worker", {"lengths": FULL, "threads": 1}),
                                   ("two workers", {"lengths": FULL, "threads": 2})):
                    turns.append((turn, peer, {"peer": "pith_fp32", "passes": 1, **more}))
        for _, peer, command in turns:
            peer.ask(**{**command, "passes": 1})
        begin = time.monotonic()
        for done in range(rounds):
            if done >= 2 and time.monotonic() - begin > SECONDS_MAX:
                break
            rates.peaks.append(fma_peak(bin_dir, "--fp32")["fp32"])
            for turn, peer, command in turns:
                busy, wall = machine_busy_s(), time.monotonic()
                answer = peer.ask(**command)
                rates.add(turn, answer)
                if turn in ("one worker", "two workers"):
                    mine = answer["cpu_s"]
                    others.append((machine_busy_s() - busy - mine) / (time.monotonic() - wall))
    return rates, statistics.mean(others) if others else 0.0


def print_table(name, rates):
    best = max((rates.median(peer) for peer in rates.cpu
                if peer.startswith(("ort_", "torch_")) and not peer.endswith("int8")), default=None)
    print(f"\n{name}: {SHAPES[name]['layers']} layers, hidden {SHAPES[name]['hidden']}, load {load():.2f}, "
          f"fma peak {rates.peak():.1f} GFLOP/s")
    print(f"  {'':20} {'tok/CPU-s':>10} {'min':>9} {'max':>9} {'GFLOP/s':>9} {'of peak':>8} {'of best fp32 peer':>18}")
    for peer, values in rates.cpu.items():
        median = statistics.median(values)
        gflops = median * mflop_per_token(name) / 1e3
        # The work of shorter chunks is less, so that only tokens compare there.
        share = "" if peer == "ragged batch" else f"{gflops / rates.peak():.2f}"
        work = "" if peer == "ragged batch" else f"{gflops:.1f}"
        ratio = f"{median / best:.2f}" if best else ""
        print(f"  {peer:20} {median:10.1f} {min(values):9.1f} {max(values):9.1f} {work:>9} {share:>8} {ratio:>18}")
    print()


def judge_shape(bars, name, rates, peak_rate, others):
    fp32, int8 = rates.median("pith_fp32"), rates.median("pith_int8")
    bars.at_least(f"{name} fp32, share of fma peak", fp32 / peak_rate, PEAK_SHARE[name])
    if int8 is None:
        bars.decide(False, f"{name} int8", "the encoder does not open in int8")
    torch, ort_int8 = rates.median("torch_eager"), rates.median("ort_int8")
    if name in TORCH_RATIO:
        row, bar = f"{name} fp32 against PyTorch eager", TORCH_RATIO[name]
        if torch is None:
            bars.skip(row, "no PyTorch")
        else:
            bars.at_least(row, fp32 / torch, bar, bar * torch / peak_rate)
    row = f"{name} int8 against onnxruntime int8"
    if ort_int8 is None:
        bars.skip(row, "no onnxruntime")
    elif int8 is not None:
        bars.at_least(row, int8 / ort_int8, 1.2)
    if int8 is not None:
        bars.at_least(f"{name} int8 against own fp32", int8 / fp32, 1.15)
    if name != "small":
        return
    bars.at_least("ragged batch, real tokens against a full batch",
                  rates.median("ragged batch") / rates.median("full batch"), 0.95)
    if others < 0.1 and (os.cpu_count() or 1) >= 2:
        bars.at_least("two workers against one, by the clock on the wall",
                      rates.median_wall("two workers") / rates.median_wall("one worker"), 1.85)
    else:
        print(f"       others kept {others:.2f} cores busy: two workers are judged by CPU time")
        bars.at_least("two workers against one, tokens per CPU second",
                      rates.median("two workers") / rates.median("one worker"), 0.97)


def judge_logits(bars, commands, scratch):
    row = "small fp32: logits against PyTorch, greatest relative difference"
    if "torch" not in commands:
        bars.skip(row, "no PyTorch")
        return
    with peers.Peer(commands["pith"]) as pith, peers.Peer(commands["torch"]) as torch:
        pith.ask(write=str(scratch), shape="small", **SHAPES["small"])
        ids = [2 + i * 37 % 7000 for i in range(100)]
        own = pith.ask(peer="pith_fp32", ids=ids)["logits"]
        theirs = torch.ask(folder=str(scratch), ids=ids)["logits"]
    difference = max(abs(a - b) for a, b in zip(own, theirs, strict=True)) / max(abs(b) for b in theirs)
    bars.at_most(row, difference, 1e-3)


def keep_probabilities(logits):
    return [1 / (1 + math.exp(drop - keep)) for drop, keep in zip(logits[::2], logits[1::2], strict=True)]


def judge_int8_change(bars, commands, name, scratch):
    """What int8 changes of a probability, over texts of random ids that the probe at opening has not seen."""
    worst = 0.0
    with peers.Peer(commands["pith"]) as pith:
        pith.ask(write=str(scratch), shape=name, **SHAPES[name])
        for seed in range(4):
            draw = random.Random(seed)
            ids = [draw.randrange(5, SHAPES[name].get("vocab", 8000)) for _ in range(512)]
            exact, narrow = (keep_probabilities(pith.ask(peer=peer, ids=ids)["logits"])
                             for peer in ("pith_fp32", "pith_int8"))
            worst = max(worst, *(abs(a - b) for a, b in zip(exact, narrow, strict=True)))
    bars.at_most(f"{name} int8: greatest change of a probability over 2,048 pieces", worst, 0.02)


def judge_front(bars, commands, fp32_rate):
    for kind in ("bert", "xlm-roberta"):
        row = f"tokenise + select + copy ({kind}), share of small's time"
        folder = compress_bench.tokenizer_folder(ROOT, kind)
        if folder is None:
            bars.skip(row, "../shared/golden is not here")
            continue
        with peers.Peer(commands["pith"]) as pith:
            front = pith.ask(front=str(folder), pieces=2000)
        bars.at_most(row, front["cpu_s"] / (front["tokens"] / fp32_rate), 0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--shapes", default="small,base,large")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--alone", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # So that the temporary folder goes.
    bin_dir, bars = arguments.bin.resolve(), Bars()

    commands = {"pith": peers.pith_command(bin_dir)}
    if not arguments.alone and (torch := peers.torch_command()):
        commands["torch"] = torch
    if not arguments.alone and (onnx := peers.onnx_command(ROOT / "build" / "encoder_peers")):
        commands["onnxruntime"] = onnx
    peak = fma_peak(bin_dir)
    print(f"{cpu_model()} ({instruction_sets()}), {os.cpu_count()} cores, load {load():.2f} before")
    print(f"peak of one core from registers: fp32 {peak['fp32']} GFLOP/s ({peak['fp32_with']}), int8 {peak['int8']}, "
          f"bf16 {peak['bf16']}")

    with tempfile.TemporaryDirectory(prefix="pith_encoder_bench.") as scratch:
        for name in arguments.shapes.split(","):
            if available_gb() < MEMORY_GB[name]:
                bars.skip(name, f"it takes {MEMORY_GB[name]} GB of memory with all peers")
                continue
            folder = Path(scratch) / name
            folder.mkdir()
            rates, others = measure_shape(name, bin_dir, commands, folder, 1 if arguments.quick else ROUNDS[name])
            peak_rate = rates.peak() * 1e3 / mflop_per_token(name)
            print_table(name, rates)
            judge_shape(bars, name, rates, peak_rate, others)
            judge_int8_change(bars, commands, name, folder)
            if name == "small":
                judge_logits(bars, commands, folder)
                judge_front(bars, commands, rates.median("pith_fp32"))
            elif name in compress_bench.KINDS:
                compress_bench.measure(bars, bin_dir, ROOT, commands["pith"], name, SHAPES[name],
                                       rates.median("torch_eager"), peak_rate, scratch)
            shutil.rmtree(folder)
    return 0 if arguments.quick or bars.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())

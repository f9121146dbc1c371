#!/usr/bin/env python3
"""What training by reward gives: RL against the supervised policy and its control, at equal rates.

    bench/rl/rl_table.py DATA [--pith BIN] [--out FOLDER] [--split valid|test] [--seeds 3]
    bench/rl/rl_table.py DATA --task code --reader FOLDER ...
    bench/rl/rl_table.py DATA --task summary ...

DATA holds qa.{train,valid,test}.jsonl.zst, or codesum.* or meet.*, and distill.train.jsonl.zst. Questions (English, those that a
span answers): the reader learns from one half of the training texts, rewards come from the other; the score is F1. Code:
FOLDER is a reader of `pith train summarizer` on codesum.train, which has seen all of the training split, so that rewards come
from one half of the validation split, and `valid` is the other; code-docstring-corpus is left out; the score is
ROUGE-L. Summaries of transcripts: the extractive reader learns from one half of the documents of meet.train, rewards come
from the other; the score is ROUGE-L. Prints the mean of the seeds, and what each run took.
"""
import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCES = ("squad-dev", "squadshifts-new-wiki", "qed-nq")
MEETINGS = ("crd3", "mts-dialog", "qmsum-span")
TIMES = (2, 3, 4, 5, 6)
CALLS = "10000"


def lines(path):
    reading = subprocess.Popen(["zstd", "-dc", str(path)], stdout=subprocess.PIPE)
    yield from reading.stdout
    if reading.wait() != 0:
        sys.exit(f"{path}: cannot be read")


def is_span_question(record):
    answers = [answer.lower() for answer in record["answers"]]
    return (record["lang"] == "en" and record["source"] in SOURCES and answers
            and not set(answers) & {"yes", "no", "maybe"})


def split_questions(data, out):
    """Files of questions by name: the reader's half, the rewards' half, valid, test."""
    paths = {name: out / f"{name}.jsonl" for name in ("reader", "reward", "valid", "test")}
    files = {name: open(path, "wb") for name, path in paths.items()}
    for split in ("train", "valid", "test"):
        for line in lines(data / f"qa.{split}.jsonl.zst"):
            record = json.loads(line)
            if not is_span_question(record):
                continue
            name = split
            if split == "train":
                document = record.get("title") or record["context"]
                name = "reader" if hashlib.sha256(document.encode()).digest()[0] < 128 else "reward"
            files[name].write(line)
    for file in files.values():
        file.close()
    return paths


def split_code(data, out):
    paths = {name: out / f"{name}.jsonl" for name in ("reward", "valid", "test")}
    files = {name: open(path, "wb") for name, path in paths.items()}
    for split in ("valid", "test"):
        for line in lines(data / f"codesum.{split}.jsonl.zst"):
            record = json.loads(line)
            if record["source"] == "code-docstring-corpus":
                continue
            half = hashlib.sha256(record["code"].encode()).digest()[0] < 128
            files["test" if split == "test" else "valid" if half else "reward"].write(line)
    for file in files.values():
        file.close()
    return paths


def split_meetings(data, out):
    """Files of transcripts by name: the reader's half, the rewards' half, valid, test."""
    paths = {name: out / f"{name}.jsonl" for name in ("reader", "reward", "valid", "test")}
    files = {name: open(path, "wb") for name, path in paths.items()}
    for split in ("train", "valid", "test"):
        for line in lines(data / f"meet.{split}.jsonl.zst"):
            record = json.loads(line)
            if record["source"] not in MEETINGS:
                continue
            name = split
            if split == "train":
                # Episodes and meetings have several records, whose texts overlap.
                document = record["id"] if record["source"] == "mts-dialog" else record["id"].rsplit("-", 1)[0]
                name = "reader" if hashlib.sha256(document.encode()).digest()[0] < 128 else "reward"
            files[name].write(line)
    for file in files.values():
        file.close()
    return paths


class Runs:
    def __init__(self, pith, out, task):
        self.pith, self.out, self.task, self.seconds = pith, out, task, {}

    def run(self, name, *arguments):
        begin = time.monotonic()
        done = subprocess.run([self.pith, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stderr}{done.stdout}")
        self.seconds[name] = time.monotonic() - begin
        print(f"  {name}: {self.seconds[name]:.0f} s", flush=True)
        return done.stdout

    def learn(self, name, policy, files, reader, seed, *more):
        folder = self.out / f"run-{name}-{seed}"
        self.run(f"{name}, seed {seed}", "train", "rl", "--policy", policy, "--task", self.task, "--data", files["reward"],
                 "--reader", reader, "--out", folder, "--reader-calls", CALLS, "--seed", seed, *more)
        policy = self.out / f"{name}-{seed}.linear"
        policy.write_bytes((folder / "policy.linear").read_bytes())
        return policy


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pith", default=str(Path(__file__).resolve().parents[2] / "build/release/bin/pith"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--split", choices=("valid", "test"), default="valid")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--task", choices=("qa", "code", "summary"), default="qa")
    parser.add_argument("--reader", type=Path, help="code: folder of the reader")
    arguments = parser.parse_args()
    out = arguments.out or Path(tempfile.mkdtemp(prefix="pith_rl."))
    out.mkdir(parents=True, exist_ok=True)
    data, runs = arguments.data, Runs(arguments.pith, out, arguments.task)
    labels = data / "distill.train.jsonl.zst"

    reader, supervised, start, taught = (out / name for name in (
        "reader-folder", "supervised.linear", "start.linear", "taught.linear"))
    runs.run("supervised", "train", "linear", "--data", labels, "--leave-out-source", "loghub*", "--out", supervised)
    seeds = range(1, arguments.seeds + 1)
    if arguments.task == "code":
        if arguments.reader is None:
            sys.exit("--task code needs --reader")
        files, reader = split_code(data, out), arguments.reader
        ours = ("--kl", 0, "--learning-rate", 10)
        kinds = {
            "rl": ours,
            "rl-kl": ("--kl", 0.1, "--learning-rate", 10),
            "rl-no-baseline": (*ours, "--baseline", "none"),
            "taco": ("--method", "taco", "--learning-rate", 3),
            "further": ("--supervised", "--labels", labels, "--learning-rate", 1),
        }
        policies = {kind: [runs.learn(kind, supervised, files, reader, seed, *more) for seed in seeds]
                    for kind, more in kinds.items()}
        everyone = [supervised, *(path for paths in policies.values() for path in paths)]
        report = json.loads(runs.run("measuring", "eval", "--task", "code", "--data", files[arguments.split], "--reader",
                                     reader, "--json", "--against", "rl-1", "--policy", *everyone))
        print_report(report, policies, f"codesum.{arguments.split}, {{}} pieces of code", "rouge_l", "ROUGE-L")
        return
    if arguments.task == "summary":
        measure_meetings(arguments.split, data, runs, labels, supervised, seeds)
        return
    files = split_questions(data, out)
    runs.run("reader", "train", "reader", "--data", files["reader"], "--lang", "en", "--out", reader)
    runs.run("places for the query's weights, all 0", "train", "query", "--policy", supervised, "--data",
             files["reward"], "--epochs", 0, "--out", start)
    runs.run("taught: the query's weights from the answers' places", "train", "query", "--policy", supervised, "--data",
             files["reward"], "--out", taught)
    ours = ("--query", "--kl", 0, "--learning-rate", 10)
    kinds = {
        "rl": ours,
        "rl-self-critical": (*ours, "--baseline", "self-critical"),
        "rl-ewma": (*ours, "--baseline", "ewma"),
        "rl-no-baseline": (*ours, "--baseline", "none"),
        "rl-entropy": (*ours, "--entropy", 0.01),
        "rl-fixed-threshold": (*ours, "--fixed-threshold"),
        "rl-kl": ("--query", "--kl", 0.1, "--learning-rate", 10),
        "taco-query": ("--query", "--method", "taco", "--learning-rate", 3),
        "rl-no-query": ("--learning-rate", 1),
        "taco": ("--method", "taco", "--learning-rate", 0.3),
        "further": ("--supervised", "--labels", labels, "--label-source", "squad:*", "--learning-rate", 1),
    }
    policies = {kind: [runs.learn(kind, start, files, reader, seed, *more) for seed in seeds]
                for kind, more in kinds.items()}
    policies["rl-taught"] = [runs.learn("rl-taught", taught, files, reader, seed, *ours) for seed in seeds]
    # Before training, the place for the query's weights changes nothing.
    everyone = [supervised, taught, *(path for paths in policies.values() for path in paths)]
    report = json.loads(runs.run("measuring", "eval", "--task", "qa", "--data", files[arguments.split], "--reader", reader,
                                 "--query", "--json", "--against", "rl-1", "--policy", *everyone))
    print_report(report, policies, f"qa.{arguments.split}, {{}} English span questions", "f1", "F1")


def measure_meetings(split, data, runs, labels, supervised, seeds):
    out = runs.out
    files, reader, start = split_meetings(data, out), out / "reader-folder", out / "start.linear"
    runs.run("reader", "train", "extractor", "--data", files["reader"], "--out", reader)
    runs.run("places for the query's weights, all 0", "train", "query", "--policy", supervised, "--data",
             data / "qa.train.jsonl.zst", "--lang", "en", "--epochs", 0, "--out", start)
    ours = ("--query", "--kl", 0, "--learning-rate", 20)
    kinds = {
        "rl": ours,
        "rl-no-baseline": (*ours, "--baseline", "none"),
        "rl-kl": ("--query", "--kl", 0.1, "--learning-rate", 20),
        "rl-no-query": ("--kl", 0, "--learning-rate", 1),
        "rl-no-query-fast": ("--kl", 0, "--learning-rate", 3),
        "taco": ("--method", "taco", "--learning-rate", 30),
        "further": ("--supervised", "--labels", labels, "--label-source", "qmsum:*", "--label-source", "crd3:*",
                    "--label-source", "meeting:*", "--learning-rate", 1),
    }
    policies = {kind: [runs.learn(kind, start, files, reader, seed, *more) for seed in seeds]
                for kind, more in kinds.items()}
    everyone = [supervised, *(path for paths in policies.values() for path in paths)]
    report = json.loads(runs.run("measuring", "eval", "--task", "summary", "--data", files[split], "--reader", reader,
                                 "--query", "--json", "--against", "rl-1", "--policy", *everyone))
    print_report(report, policies, f"meet.{split}, {{}} transcripts", "rouge_l", "ROUGE-L")
    for metric, name in (("rouge_2", "ROUGE-2"), ("content_recall", "Content words of the summary in the kept text")):
        print_scores(report, policies, metric, f"{name}, percent")


def print_report(report, policies, data, metric, name_of_metric):
    f1 = scores_of(report, metric)
    mean = print_scores(report, policies, metric, f"{name_of_metric} of the reader's answers, "
                        f"{data.format(report['records']['measured'])}; full text {100 * f1['full', 0]:.1f}, "
                        f"no text {100 * f1['none', 0]:.1f}")
    for base in ("supervised", "further"):
        print(f"\nrl against {base}: " + ", ".join(
            f"{times}x {100 * (ours / theirs - 1):+.0f} %" for times, ours, theirs in zip(TIMES, mean["rl"], mean[base])))
    for base in ("supervised", "further-1"):
        print(f"\nrl, seed 1, against {base}, 95 % paired bootstrap intervals of the difference:")
        for each in report["differences"]:
            # "compressor" is --against; the difference is its score minus the other's.
            if each["score"] == metric and base in (each["against"], each["compressor"]):
                print(f"  {each['times']}x: {100 * each['value']:+.1f} [{100 * each['low']:+.1f}, {100 * each['high']:+.1f}]")


def scores_of(report, metric):
    """Of every text, by who shortened it and how often."""
    f1 = {}
    for point in report["points"]:
        key = "full" if point["compressor"] == "full" else "none" if point["compressor"] == "none" else None
        f1[(point["compressor"], 0 if key else round(point["times"]))] = point["scores"][metric]["value"]
    return f1


def print_scores(report, policies, metric, title):
    """One line a policy, the mean of its seeds; these means."""
    f1 = scores_of(report, metric)
    rows = {name: [name] for name in ("supervised", "taught", "random", "head", "head+tail", "self-information", "oracle")}
    rows.update({kind: [path.stem for path in paths] for kind, paths in policies.items()})
    rows = {kind: names for kind, names in rows.items() if (names[0], TIMES[0]) in f1}
    print(f"\n{title}\n")
    print(f"{'':18}" + "".join(f"{times:>7}x" for times in TIMES) + "   spread of seeds")
    mean = {}
    for kind, names in rows.items():
        values = [[100 * f1[name, times] for name in names] for times in TIMES]
        mean[kind] = [statistics.mean(each) for each in values]
        spread = max(max(each) - min(each) for each in values)
        print(f"{kind:18}" + "".join(f"{value:8.1f}" for value in mean[kind]) +
              (f"   {spread:.1f}" if len(names) > 1 else ""))
    return mean


if __name__ == "__main__":
    main()

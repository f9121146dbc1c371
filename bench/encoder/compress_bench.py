"""`pith compress --exact` of a text of 4,093 tokens against what PyTorch needs for the same chunks."""
import json
import shutil
import subprocess
from pathlib import Path

from peers import Peer, PeerFailed

NUM_TOKENS = 4093
# What ../shared/PERFORMANCE.md has for the Python library itself, on a Skylake of 2.5 GHz.
PYTHON_LIBRARY_S = {"base": 20.4, "large": 59.2}
REFERENCE_TOKENS = 9 * 512  # The Python library pads its nine chunks.
KINDS = {"base": "bert", "large": "xlm-roberta"}  # As published in these sizes.
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
                   "sentencepiece.bpe.model")


def tokenizer_folder(root, kind):
    """A folder with the tokenizer of a published model, cut short, or None where there is none."""
    name = {"bert": "bert-base-multilingual-cased-tiny-a", "xlm-roberta": "xlm-roberta-large-tiny-a"}[kind]
    folder = root.parent / "shared" / "golden" / "models" / name
    return folder if folder.is_dir() else None


def write_model(pith, folder, tokenizer, kind, shape):
    folder.mkdir()
    for name in TOKENIZER_FILES:
        if (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)
    vocab = json.loads((tokenizer / "config.json").read_text())["vocab_size"]
    pith.ask(model=str(folder), kind=kind, vocab=vocab, **shape)


def compress_cpu_s(program, folder, precision, texts):
    """CPU seconds of the last text, the one before it being there to warm up, and of all with loading."""
    command = [program, "compress", "--exact", "--policy", folder, "--precision", precision, "--jsonl"]
    with Peer(command) as compressor:
        for text in texts:
            begin = compressor.cpu_s()
            answer = compressor.ask(api="compress_prompt", context=text, options={"rate": 0.33})
            if not 0.2 < answer["result"]["compressed_tokens"] / answer["result"]["origin_tokens"] < 0.5:
                raise PeerFailed("the text is not shorter as asked")
        end = compressor.cpu_s()
        return end - begin, end


def measure(bars, bin_dir, root, pith_command, name, shape, torch_rate, peak_rate, scratch):
    """torch_rate, peak_rate: tokens per CPU second of PyTorch eager, and at the fma peak."""
    kind = KINDS[name]
    program, tokenizer = bin_dir / "pith", tokenizer_folder(root, kind)
    rows = {f"compress of {NUM_TOKENS} tokens, {name}, {precision} against PyTorch eager": (precision, bar)
            for precision, bar in (("float32", 2.0), ("int8", 2.5))}
    if tokenizer is None or torch_rate is None or not program.exists():
        why = ("../shared/golden is not here" if tokenizer is None else
               "no PyTorch" if torch_rate is None else f"{program} is not built")
        for row in rows:
            bars.skip(row, why)
        return
    reference_s = REFERENCE_TOKENS / torch_rate
    folder = Path(scratch) / tokenizer.name  # The reference knows a model's kind by its name.
    with Peer(pith_command) as pith:
        write_model(pith, folder, tokenizer, kind, shape)
        texts = [pith.ask(text=str(folder), pieces=pieces, seed=seed)["text"]
                 for pieces, seed in ((NUM_TOKENS // 8, 1), (NUM_TOKENS, 2))]
    for row, (precision, bar) in rows.items():
        try:
            own_s, all_s = compress_cpu_s(program, folder, precision, texts)
        except PeerFailed as failure:
            bars.decide(False, row, str(failure))
            continue
        print(f"       {name} {precision}: {own_s:.2f} CPU s ({all_s:.2f} with loading and a first short text); PyTorch "
              f"eager {reference_s:.2f} for 9 chunks of 512; {PYTHON_LIBRARY_S[name] / own_s:.1f} x less than the "
              f"{PYTHON_LIBRARY_S[name]} of the Python library on a Skylake")
        needed = bar / reference_s * NUM_TOKENS / peak_rate
        bars.at_least(row, reference_s / own_s, bar, needed if precision == "float32" else None)
    shutil.rmtree(folder)

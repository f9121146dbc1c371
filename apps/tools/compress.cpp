#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "apps/json_api/compress_json.h"
#include "apps/json_api/json_text.h"
#include "apps/options/config.h"
#include "apps/options/policies.h"
#include "apps/tools/compress_exact.h"
#include "apps/tools/input.h"
#include "apps/tools/tools.h"
#include "graph/compress_graph.h"

namespace pith {
namespace {

struct CompressFlags {
  std::optional<double> rate;  // exact mode counts in doubles
  std::optional<float> threshold;
  std::optional<std::uint32_t> target_tokens;
  float min_gain = 0.0F;
  std::string policy, tokenizer = "o200k_base", query;
  std::vector<std::string> force_tokens, protect, unprotect, files;
  bool exact = false, json = false, jsonl = false;
  ExactFlags only_exact;
};

struct Compressor {
  std::shared_ptr<const PolicySet> policies;
  std::string models_dir;
};

Result<Compressor> load(const CompressFlags& flags) {
  Compressor compressor;
  auto models_dir = find_models_dir();
  if (!models_dir) return models_dir.error();
  compressor.models_dir = *models_dir;
  Config config;
  config.champion = flags.policy;
  const auto precision = parse_precision(flags.only_exact.precision);
  if (!precision) {
    return Error{precision.error().code, "--precision: " + precision.error().detail};
  }
  config.precision = *precision;
  auto policies = load_policies(config, compressor.models_dir);
  if (!policies) return policies.error();
  compressor.policies = *policies;
  return compressor;
}

Result<CompressOptions> options_of(const CompressFlags& flags) {
  CompressOptions options;
  const auto invalid = [](std::string what) {
    return Error{ErrorCode::kInvalidArgument, std::move(what)};
  };
  if (flags.rate) {
    if (!(*flags.rate > 0.0 && *flags.rate <= 1.0))
      return invalid("--rate must be above 0 and at most 1");
    options.target_rate = static_cast<float>(*flags.rate);
  }
  if (flags.target_tokens) {
    if (*flags.target_tokens == 0) return invalid("--target-tokens must be at least 1");
    options.target_tokens = flags.target_tokens;
  }
  if (flags.threshold) {
    if (!(*flags.threshold >= 0.0F && *flags.threshold <= 1.0F))
      return invalid("--threshold must be between 0 and 1");
    options.threshold = *flags.threshold;
  }
  options.reader = flags.tokenizer;
  options.force_tokens = flags.force_tokens;
  options.min_gain = flags.min_gain;
  for (const std::string& name : flags.protect) {
    const std::uint32_t bit = protect_class(name);
    if (bit == 0) return invalid("--protect: no class of protected spans is called " + name);
    options.protect |= bit;
  }
  for (const std::string& name : flags.unprotect) {
    const std::uint32_t bit = protect_class(name);
    if (bit == 0) return invalid("--unprotect: no class of protected spans is called " + name);
    options.protect &= ~bit;
  }
  return options;
}

int compress_lines(const Compressor& compressor) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::string id;
    auto call = parse_compress_json(line, &id);
    std::string answer;
    if (!call) {
      answer = error_json(call.error(), id);
    } else {
      auto reply = compress_now(*compressor.policies, compressor.models_dir, call->request);
      answer = reply ? compress_answer_json(*call, *reply) : error_json(reply.error(), id);
    }
    std::cout << answer << '\n' << std::flush;
  }
  return 0;
}

int run_compress(const CompressFlags& flags) {
  if (flags.jsonl && !flags.files.empty()) {
    return tool_error({ErrorCode::kInvalidArgument, "--jsonl reads standard input, not files"});
  }
  auto options = options_of(flags);
  if (!options) return tool_error(options.error());
  auto compressor = load(flags);
  if (!compressor) return tool_error(compressor.error());
  const KeepPolicy& policy = *compressor->policies->champion();
  if (!flags.query.empty() && !policy.reads_queries()) {
    return tool_error({ErrorCode::kInvalidArgument,
                       "--query: the policy " + policy.name() +
                           " reads no queries; --policy pith-linear and --policy pith-small do"});
  }
  if (flags.jsonl) return compress_lines(*compressor);
  auto inputs = read_inputs(flags.files);
  if (!inputs) return tool_error(inputs.error());

  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (Input& input : *inputs) {
    CompressCall call;
    call.request.options = *options;
    call.request.segments.push_back({std::move(input.text), SegmentKind::kPlain, flags.query});
    if (inputs->size() > 1) append_json_string(call.id, input.name);
    auto reply = compress_now(*compressor->policies, compressor->models_dir, call.request);
    if (!reply) return tool_error(reply.error());
    const SegmentReply& segment = reply->segments.front();
    before += segment.origin_tokens;
    after += segment.compressed_tokens;
    if (flags.json) {
      std::cout << compress_answer_json(call, *reply) << '\n';
    } else {
      std::cout << apply_spans(call.request.segments.front().text, segment.kept, segment.markers);
    }
    for (const std::string& note : segment.notes) {
      if (!flags.json && isatty(STDERR_FILENO) != 0)
        std::fprintf(stderr, "pith: %s\n", note.c_str());
    }
  }
  std::cout << std::flush;
  if (!std::cout)
    return tool_error({ErrorCode::kFileUnreadable, "standard output cannot be written"});
  if (!flags.json && isatty(STDERR_FILENO) != 0) {
    std::fprintf(stderr, "pith: %llu -> %llu tokens (%.0f %% kept)\n",
                 static_cast<unsigned long long>(before), static_cast<unsigned long long>(after),
                 before == 0 ? 100.0 : 100.0 * after / before);
  }
  return 0;
}

}  // namespace

namespace {

/// Options that exact mode has alone, and those that it has not.
void add_exact(CLI::App& app, const std::shared_ptr<CompressFlags>& flags) {
  CLI::Option* exact = app.add_flag(
      "--exact", flags->exact, "LLMLingua-2 to the byte; --policy is the folder of a model of it");
  ExactFlags& only = flags->only_exact;
  app.add_option("--precision", only.precision, "Of an encoder: float32, bfloat16 or int8")
      ->type_name("NAME");
  app.add_flag("--force-reserve-digit", only.force_digits, "With --exact: keep digits")
      ->needs(exact);
  app.add_flag("--drop-consecutive", only.drop_consecutive,
               "With --exact: of force tokens in a row keep one")
      ->needs(exact);
  app.add_option("--chunk-end-token", only.chunk_ends,
                 "With --exact: where a chunk may end, in place of . and \\n; repeat for several")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->needs(exact);
  app.add_flag("--return-word-label", only.labels,
               "With --exact --json: the words and their labels")
      ->needs(exact);
  for (const char* native :
       {"--threshold", "--tokenizer", "--query", "--protect", "--unprotect", "--min-gain"}) {
    app.get_option(native)->excludes(exact);
  }
}

int run_exact(const CompressFlags& flags) {
  ExactFlags exact = flags.only_exact;
  exact.policy = flags.policy;
  exact.rate = flags.rate;
  exact.target_tokens = flags.target_tokens;
  exact.force_tokens = flags.force_tokens;
  exact.files = flags.files;
  exact.json = flags.json;
  exact.jsonl = flags.jsonl;
  return run_compress_exact(exact);
}

}  // namespace

void add_compress(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<CompressFlags>();
  CLI::App* app = parent.add_subcommand("compress", "Compress standard input or files");
  auto* rate = app->add_option("--rate", flags->rate, "Share of tokens to keep; default 0.5")
                   ->type_name("RATE");
  auto* target =
      app->add_option("--target-tokens", flags->target_tokens, "Tokens to keep of each text")
          ->type_name("N");
  auto* threshold =
      app->add_option("--threshold", flags->threshold, "Keep words whose keep_prob is above this")
          ->type_name("P");
  rate->excludes(target)->excludes(threshold);
  target->excludes(threshold);
  app->add_option("--policy", flags->policy, "Policy: name, id, file or folder")
      ->type_name("POLICY");
  app->add_option("--tokenizer", flags->tokenizer,
                  "Tokenizer that counts: o200k_base or cl100k_base")
      ->type_name("NAME");
  app->add_option("--query", flags->query, "What the reader will look for")->type_name("TEXT");
  app->add_option("--force-token", flags->force_tokens,
                  "Always keep words with this text; repeat for several")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app->add_option("--protect", flags->protect,
                  "Keep a class that else may go: names, json_text (long prose in JSON strings)")
      ->type_name("CLASS")
      ->allow_extra_args(false);
  app->add_option("--unprotect", flags->unprotect,
                  "Let a class go: numbers, negations, code, urls, paths, identifiers, quoted, "
                  "json_keys, tags")
      ->type_name("CLASS")
      ->allow_extra_args(false);
  app->add_option("--min-gain", flags->min_gain,
                  "Leave a text alone unless this share of its tokens goes")
      ->type_name("SHARE");
  add_exact(*app, flags);
  app->add_flag("--json", flags->json, "One JSON object a text");
  app->add_flag("--jsonl", flags->jsonl,
                "One JSON request a line on standard input, one answer a line");
  app->add_option("FILE", flags->files, "Files; none or -: standard input");
  app->callback([&run, flags] {
    run = [flags] { return flags->exact ? run_exact(*flags) : run_compress(*flags); };
  });
}

}  // namespace pith

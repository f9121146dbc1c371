#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>

#include "apps/options/config.h"
#include "apps/options/policies.h"
#include "apps/tools/input.h"
#include "apps/tools/tools.h"
#include "messages/log/log_query.h"
#include "stages/select/select_stage.h"
#include "stages/tokenize/tokenize_stage.h"

namespace pith {
namespace {

struct ExplainFlags {
  float rate = 0.5F;
  std::string policy, decision, state, precision = "float32";
  std::vector<std::string> files;
  bool color = false;
};

bool is_kept(const std::vector<ByteSpan>& kept, const Word& word) {
  for (const ByteSpan& span : kept) {
    if (span.begin <= word.begin && word.text_end <= span.end) return true;
  }
  return false;
}

/// 256-colour steps from grey-blue (unlikely) to warm (certain), readable on dark and light
/// grounds.
int color_of(float keep_prob) {
  static constexpr int kSteps[] = {67, 73, 72, 71, 107, 143, 179, 173, 167, 161};
  return kSteps[std::min(9, static_cast<int>(keep_prob * 10.0F))];
}

/// Prose words in colour, dropped ones struck through; everything else as it is.
void print_colored(std::string_view text, const TokenizedSegment& segment,
                   const std::vector<float>& keep_prob, const std::vector<ByteSpan>& kept) {
  std::size_t at = 0;
  const auto plain = [&](std::size_t to) {
    std::fwrite(text.data() + at, 1, to - at, stdout);
    at = to;
  };
  for (std::size_t i = 0; i < segment.words.size(); ++i) {
    const Word& word = segment.words[i];
    plain(word.begin);
    std::printf("\033[%s38;5;%dm", is_kept(kept, word) ? "" : "9;2;", color_of(keep_prob[i]));
    plain(word.text_end);
    std::printf("\033[0m");
  }
  plain(text.size());
}

void print_table(std::string_view text, const TokenizedSegment& segment,
                 const std::vector<float>& keep_prob, const std::vector<ByteSpan>& kept) {
  for (std::size_t i = 0; i < segment.words.size(); ++i) {
    const Word& word = segment.words[i];
    std::printf("%.4f\t%s\t%.*s\n", static_cast<double>(keep_prob[i]),
                is_kept(kept, word) ? "keep" : "drop", static_cast<int>(word.text_end - word.begin),
                text.data() + word.begin);
  }
}

int explain_text(const ExplainFlags& flags) {
  auto models_dir = find_models_dir();
  if (!models_dir) return tool_error(models_dir.error());
  Config config;
  config.champion = flags.policy;
  const auto precision = parse_precision(flags.precision);
  if (!precision) {
    return tool_error({precision.error().code, "--precision: " + precision.error().detail});
  }
  config.precision = *precision;
  auto policies = load_policies(config, *models_dir);
  if (!policies) return tool_error(policies.error());
  auto inputs = read_inputs(flags.files);
  if (!inputs) return tool_error(inputs.error());
  const KeepPolicy& policy = *(*policies)->champion();
  const TokenizeStage tokenize(*models_dir);
  const bool color = flags.color || isatty(STDOUT_FILENO) != 0;
  for (Input& input : *inputs) {
    auto request = std::make_shared<CompressRequest>();
    request->options.target_rate = flags.rate;
    request->segments.push_back({std::move(input.text), SegmentKind::kPlain, {}});
    auto tokenized = tokenize(request, policy.tokenizer());
    if (!tokenized) return tool_error(tokenized.error());
    const TokenizedSegment& segment = tokenized->segments.front();
    const std::string& text = request->segments.front().text;
    ScoreItem item;
    item.text = segment.structure.seen(text);
    item.segment = &segment;
    if (auto scored = policy.score({&item, 1}, {}); !scored) return tool_error(scored.error());
    const SegmentReply reply = select_words(text, SegmentKind::kPlain, segment, item.keep_prob,
                                            *tokenized->reader, request->options);
    if (color) {
      print_colored(text, segment, item.keep_prob, reply.kept);
      std::printf("\n");
    } else {
      print_table(text, segment, item.keep_prob, reply.kept);
    }
    std::fprintf(
        stderr,
        "%s: %u -> %u tokens with %s; of the words that are not protected those go that are "
        "worth least: keep_prob against tokens\n",
        input.name.c_str(), reply.origin_tokens, reply.compressed_tokens, policy.name().c_str());
    for (const std::string& note : reply.notes) std::fprintf(stderr, "  %s\n", note.c_str());
  }
  return 0;
}

int explain_decision(const ExplainFlags& flags) {
  const std::string dir = flags.state.empty() ? default_state_dir() : flags.state;
  auto query = LogQuery::open(dir + "/log.db");
  if (!query) return tool_error(query.error());
  const auto found = query->decision(flags.decision);
  if (!found) return tool_error(found.error());
  const std::optional<Decision>& decision = *found;
  if (!decision) {
    std::fprintf(stderr, "pith: no decision %s in %s/log.db\n", flags.decision.c_str(),
                 dir.c_str());
    return 1;
  }
  const Decision& d = *decision;
  std::printf(
      "decision      %s\nconversation  %s\ntenant        %s\napi           %s\nmodel         %s\n"
      "status        %s\npolicy        %s\ntarget rate   %.2f\ntokens        %u -> %u (new texts: "
      "%u -> %u)\n"
      "texts         %u, first seen here %u\ntime          %.1f ms in Pith (queue %.1f, compute "
      "%.1f)\n",
      d.decision_id.c_str(), d.conversation.c_str(), d.tenant.c_str(), d.api.c_str(),
      d.model.c_str(), d.status.c_str(), d.policy.c_str(), static_cast<double>(d.target_rate),
      d.tokens_before, d.tokens_after, d.new_tokens_before, d.new_tokens_after, d.num_texts,
      d.num_new, d.total_us / 1000.0, d.queue_us / 1000.0, d.compute_us / 1000.0);
  return 0;
}

}  // namespace

void add_explain(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* app =
      parent.add_subcommand("explain", "Show each word's keep score, or one logged decision");
  app->add_option("--rate", flags->rate, "Share of tokens to keep; default 0.5")
      ->type_name("RATE")
      ->check(CLI::Range(0.001, 1.0));
  app->add_option("--policy", flags->policy, "Policy: name, id, file or folder")
      ->type_name("POLICY");
  app->add_option("--precision", flags->precision, "Of an encoder: float32, bfloat16 or int8")
      ->type_name("NAME");
  app->add_flag("--color", flags->color, "Colour even when piped");
  app->add_option("--decision", flags->decision, "Show this decision of the log instead")
      ->type_name("ID");
  app->add_option("--state", flags->state, "State directory of the log")->type_name("DIR");
  app->add_option("FILE", flags->files, "Files; none or -: standard input");
  app->callback([&run, flags] {
    run = [flags] {
      return flags->decision.empty() ? explain_text(*flags) : explain_decision(*flags);
    };
  });
}

}  // namespace pith

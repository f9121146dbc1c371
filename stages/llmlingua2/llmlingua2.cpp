#include "stages/llmlingua2/llmlingua2.h"

#include <algorithm>

#include "stages/llmlingua2/chunks.h"
#include "stages/llmlingua2/context_filter.h"
#include "stages/llmlingua2/encoder_network.h"
#include "stages/llmlingua2/result_format.h"
#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8_char_at(text, at);
    out.append(c.code_point == kNoCodePoint ? "\xEF\xBF\xBD" : text.substr(at, c.bytes));
    at += c.bytes;
  }
  return out;
}

}  // namespace

Llmlingua2::Llmlingua2(std::shared_ptr<const HfTokenizer> tokenizer, PieceStyle style,
                       SpecialTokens specials, KeepProbabilities network,
                       std::shared_ptr<const TokenCounter> counter)
    : tokenizer_(std::move(tokenizer)),
      style_(style),
      specials_(std::move(specials)),
      counter_(std::move(counter)),
      model_pass_(tokenizer_, std::move(network)) {}

Result<std::shared_ptr<const Llmlingua2>> Llmlingua2::open(
    const std::string& folder, Precision precision,
    std::shared_ptr<const TokenCounter> cl100k_base) {
  auto encoder = Encoder::open(folder, precision);
  if (!encoder) return encoder.error();
  if ((*encoder)->config().num_labels < 2) {
    return Error{ErrorCode::kFileUnreadable, folder + "/config.json: fewer than two labels"};
  }
  return open_with(folder, encoder_network(*std::move(encoder)), std::move(cl100k_base));
}

Result<std::shared_ptr<const Llmlingua2>> Llmlingua2::open_with(
    const std::string& folder, KeepProbabilities network,
    std::shared_ptr<const TokenCounter> cl100k_base) {
  const auto style = piece_style(folder);
  if (!style) return style.error();
  auto specials = special_tokens(folder, *style);
  if (!specials) return specials.error();
  const auto tokenizer = load_hf_tokenizer(folder, ForceTokens::stand_ins());
  if (!tokenizer) return tokenizer.error();
  if ((*tokenizer)->decoder() == nullptr) {
    return Error{ErrorCode::kFileUnreadable,
                 folder + "/tokenizer.json: decoder: neither Metaspace nor WordPiece"};
  }
  return std::shared_ptr<const Llmlingua2>(new Llmlingua2(
      *tokenizer, *style, *std::move(specials), std::move(network), std::move(cl100k_base)));
}

Result<WordRules> Llmlingua2::word_rules(const Llmlingua2Options& options) const {
  auto force = ForceTokens::of(options.force_tokens, [&](std::string_view token) {
    return tokenizer_->encode(token).size();
  });
  if (!force) return force.error();
  WordRules rules;
  rules.style = style_;
  rules.specials = specials_;
  rules.force = *std::move(force);
  rules.force_digits = options.force_reserve_digit;
  if (options.token_to_word == "first") rules.measure = WordMeasure::kFirst;
  return rules;
}

Result<Llmlingua2Result> Llmlingua2::compress(const std::vector<std::string>& texts,
                                              const Llmlingua2Options& options,
                                              Llmlingua2Trace* trace) const {
  const auto rules = word_rules(options);
  if (!rules) return rules.error();
  const auto chunk_ends = rules->force.chunk_ends(options.chunk_end_tokens);
  std::uint64_t origin_tokens = 0;
  std::vector<Context> contexts;
  bool any_chunk = false;
  for (const std::string& text : texts) {
    std::string valid = valid_utf8(text);
    origin_tokens += counter_->count(valid);
    const auto replaced = rules->force.replaced(std::move(valid));
    if (!replaced) return replaced.error();
    contexts.push_back(
        {chunk_texts(tokenizer_->encode_spelled(*replaced), chunk_ends, *tokenizer_->decoder()),
         {}});
    any_chunk = any_chunk || !contexts.back().chunks.empty();
    if (trace != nullptr) trace->chunk_texts.push_back(contexts.back().chunks);
  }
  const auto need_network = [&]() -> Result<Done> {
    if (any_chunk && options.token_to_word != "mean" && options.token_to_word != "first") {
      return Error{ErrorCode::kInvalidArgument, "token_to_word must be \"mean\" or \"first\""};
    }
    return score(contexts);
  };

  double rate = options.rate;
  std::vector<bool> stays(contexts.size(), true);
  const bool choose_contexts = options.use_context_level_filter && contexts.size() > 1;
  if (choose_contexts) {
    if (const auto scored = need_network(); !scored) return scored.error();
    std::vector<double> scores;
    for (const Context& context : contexts) scores.push_back(context_score(context, *rules));
    auto selected = select_contexts(scores, context_rate(options, contexts.size(), origin_tokens),
                                    options.force_context_ids);
    if (!selected) return selected.error();
    stays = std::move(selected->kept);
    if (trace != nullptr) {
      trace->context_scores = std::move(scores);
      trace->context_threshold = selected->threshold;
    }
    std::uint64_t left_tokens = 0;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
      for (const std::string& chunk : contexts[i].chunks) {
        if (stays[i]) left_tokens += counter_->count(chunk);
      }
    }
    if (options.target_token >= 0) rate = target_rate(options.target_token, left_tokens);
  } else if (options.target_token > 0) {
    rate = target_rate(options.target_token, origin_tokens);
  }

  const double reduce_rate = options.use_token_level_filter ? std::max(0.0, 1 - rate) : 0.0;
  const SelectionRules selection{reduce_rate, options.drop_consecutive};
  if (reduce_rate > 0 && !choose_contexts) {
    if (const auto scored = need_network(); !scored) return scored.error();
  }
  std::vector<std::string> compressed;
  LabelLine labels(options.word_sep, options.label_sep);
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    if (!stays[i]) {
      if (!options.return_word_label) continue;
      for (const ScoredChunk& chunk : contexts[i].scored) {
        const ScoredWords words = words_of(chunk.pieces, chunk.probs, *rules);
        for (const std::string& word : words.words) labels.add(label_word(word, style_), false);
      }
      continue;
    }
    auto one = reduce_rate > 0 ? filtered(contexts[i], *rules, selection, trace)
                               : Result<Compressed>(whole(contexts[i], *rules));
    if (!one) return one.error();
    if (options.return_word_label) {
      for (const auto& [word, kept] : one->labels) labels.add(word, kept);
    }
    compressed.push_back(std::move(one->text));
  }
  Llmlingua2Result out = formatted_result(std::move(compressed), origin_tokens, *counter_);
  if (options.return_word_label) out.fn_labeled_original_prompt = labels.take();
  return out;
}

}  // namespace pith

#include "apps/eval/shortener.h"

#include <algorithm>
#include <chrono>

#include "apps/eval/orders.h"
#include "stages/select/budget.h"
#include "stages/select/select_stage.h"
#include "stages/tokenize/tokenize_stage.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

/// The whole text as one region of words that may all go. `tokenizer` may be null.
TokenizedSegment plain_segment(std::string_view text, const Tokenizer* tokenizer) {
  TokenizedSegment segment;
  const ByteSpan whole{0, static_cast<std::uint32_t>(text.size())};
  segment.structure.regions.push_back({whole, RegionKind::kProse});
  segment.words = split_words(text, whole);
  if (tokenizer != nullptr && !segment.words.empty()) {
    segment.pieces = tokenizer->encode(text);
    segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  }
  return segment;
}

}  // namespace

Result<std::vector<float>> Shortener::keep_prob(const TaskRecord& record,
                                                const TokenizedSegment& segment,
                                                bool use_query) const {
  const std::size_t num_words = segment.words.size();
  if (policy_ != nullptr) {
    ScoreItem item;
    item.text = segment.structure.seen(record.text);
    item.segment = &segment;
    if (use_query) item.query = record.question;
    if (auto scored = policy_->score({&item, 1}, {}); !scored) return scored.error();
    return std::move(item.keep_prob);
  }
  if (name_ == "random") return random_order(record.text, num_words, seed_);
  if (name_ == "head") return head_order(num_words);
  if (name_ == "head+tail") return head_and_tail_order(num_words);
  return oracle_order(record, segment.words);
}

WordOrder Shortener::word_order() const {
  return policy_ != nullptr && name_ != "self-information" ? WordOrder::kByValue
                                                           : WordOrder::kByScore;
}

Result<ShortenedTexts> Shortener::by_order(const TaskRecord& record,
                                           const std::vector<double>& times,
                                           const TokenCounter& reader, bool use_query) const {
  ShortenedTexts out;
  const auto begin = Clock::now();
  TokenizedSegment segment =
      plain_segment(record.text, policy_ == nullptr ? nullptr : &policy_->tokenizer());
  const auto order = keep_prob(record, segment, use_query);
  if (!order) return order.error();
  out.score_us = us_since(begin);
  out.origin_tokens = segment.origin_tokens = reader.count(record.text);
  for (const double factor : times) {
    const auto start = Clock::now();
    Shortened shortened;
    if (segment.words.empty()) {
      shortened.text = record.text;
      shortened.kept = {{0, static_cast<std::uint32_t>(record.text.size())}};
    } else {
      // Baselines are orders of their own; a policy's words are chosen as `pith serve` does.
      Budget budget(record.text, segment, *order, std::vector<bool>(segment.words.size(), true), {},
                    reader, word_order());
      const auto tokens = static_cast<std::uint32_t>(out.origin_tokens / factor);
      shortened.kept = budget.within(std::max(tokens, 1U)).kept;
      shortened.text = apply_spans(record.text, shortened.kept);
    }
    shortened.select_us = us_since(start);
    shortened.tokens = reader.count(shortened.text);
    out.at.push_back(std::move(shortened));
  }
  return out;
}

Result<ShortenedTexts> Shortener::protecting(const TaskRecord& record,
                                             const std::vector<double>& times,
                                             const std::shared_ptr<const TokenCounter>& reader,
                                             const std::string& models_dir,
                                             const Tokenizer& other_tokenizer,
                                             bool use_query) const {
  ShortenedTexts out;
  const auto begin = Clock::now();
  auto request = std::make_shared<CompressRequest>();
  request->options.reader = std::string(reader->name());
  request->segments.push_back({record.text, SegmentKind::kPlain, {}});
  const Tokenizer& tokenizer = policy_ == nullptr ? other_tokenizer : policy_->tokenizer();
  const auto prompt = TokenizeStage(models_dir)(request, tokenizer);
  if (!prompt) return prompt.error();
  const TokenizedSegment& segment = prompt->segments.front();
  const auto order = keep_prob(record, segment, use_query);
  if (!order) return order.error();
  out.score_us = us_since(begin);
  out.origin_tokens = segment.origin_tokens;
  for (const double factor : times) {
    const auto start = Clock::now();
    CompressOptions options = request->options;
    options.target_rate = static_cast<float>(1.0 / factor);
    SegmentReply reply = select_words(record.text, SegmentKind::kPlain, segment, *order, *reader,
                                      options, word_order());
    Shortened shortened;
    shortened.text = apply_spans(record.text, reply.kept, reply.markers);
    shortened.kept = std::move(reply.kept);
    shortened.tokens = reply.compressed_tokens;
    shortened.select_us = us_since(start);
    out.at.push_back(std::move(shortened));
  }
  return out;
}

}  // namespace pith

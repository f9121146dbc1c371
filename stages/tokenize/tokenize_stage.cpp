#include "stages/tokenize/tokenize_stage.h"

#include <simdjson.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "stages/tokenize/escaped_words.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{64} << 20U;

Result<Done> check_dials(const CompressOptions& options) {
  const auto invalid = [](const char* what) { return Error{ErrorCode::kInvalidArgument, what}; };
  const int dials = int{options.target_rate.has_value()} + int{options.target_tokens.has_value()} +
                    int{options.threshold.has_value()};
  if (dials > 1) return invalid("at most one of rate, target_tokens and threshold");
  // Each comparison is false for NaN.
  if (options.target_rate && !(*options.target_rate > 0.0F && *options.target_rate <= 1.0F)) {
    return invalid("rate must be above 0 and at most 1");
  }
  if (options.target_tokens && *options.target_tokens == 0) {
    return invalid("target_tokens must be at least 1");
  }
  if (options.threshold && !(*options.threshold >= 0.0F && *options.threshold <= 1.0F)) {
    return invalid("threshold must be between 0 and 1");
  }
  if (!(options.min_gain >= 0.0F && options.min_gain <= 1.0F)) {
    return invalid("min_gain must be between 0 and 1");
  }
  return Done{};
}

/// Appends the words and pieces of one prose region. `text` is the one that words are looked at in.
void add_prose(std::string_view text, ByteSpan region, const Tokenizer& tokenizer,
               TokenizedSegment& segment) {
  std::vector<Word> words = split_words(text, region);
  join_at_escapes(segment.structure.escapes, words);
  if (words.empty()) return;
  const auto first_word = static_cast<std::uint32_t>(segment.words.size());
  std::vector<Piece> pieces =
      tokenizer.encode(text.substr(region.begin, region.end - region.begin));
  for (Piece& piece : pieces) {
    piece.span.begin += region.begin;
    piece.span.end += region.begin;
  }
  for (const std::uint32_t word : words_of_pieces(words, pieces)) {
    segment.word_of_piece.push_back(first_word + word);
  }
  segment.pieces.insert(segment.pieces.end(), pieces.begin(), pieces.end());
  segment.words.insert(segment.words.end(), words.begin(), words.end());
}

TokenizedSegment tokenize_segment(const Segment& source, const CompressOptions& options,
                                  const TokenCounter& reader, const Tokenizer& tokenizer) {
  TokenizedSegment segment;
  segment.origin_tokens = reader.count(source.text);
  if (!simdjson::validate_utf8(source.text)) {
    segment.skip = true;
    segment.skip_reason = "not valid UTF-8";
  } else if (segment.origin_tokens < options.min_tokens) {
    segment.skip = true;
    segment.skip_reason = "below min_tokens";
  }
  if (segment.skip) return segment;
  segment.structure = find_structure(source.text, source.kind, options);
  if (!options.prose) return segment;
  for (const Region& region : segment.structure.regions) {
    if (region.kind == RegionKind::kProse) {
      add_prose(segment.structure.seen(source.text), region.span, tokenizer, segment);
    }
  }
  return segment;
}

}  // namespace

TokenizeStage::TokenizeStage(std::string models_dir) : models_dir_(std::move(models_dir)) {}

Result<TokenizedPrompt> TokenizeStage::operator()(std::shared_ptr<const CompressRequest> request,
                                                  const Tokenizer& tokenizer) const {
  assert(request != nullptr);
  if (const auto checked = check_dials(request->options); !checked) return checked.error();
  for (const Segment& segment : request->segments) {
    if (segment.text.size() > kTextBytesMax) {
      return Error{ErrorCode::kPromptTooLong,
                   "text too long: bytes=" + std::to_string(segment.text.size()) +
                       " bytes_max=" + std::to_string(kTextBytesMax)};
    }
  }
  auto reader = load_token_counter(request->options.reader, models_dir_);
  if (!reader) return reader.error();
  TokenizedPrompt prompt;
  prompt.reader = std::move(*reader);
  prompt.segments.reserve(request->segments.size());
  for (const Segment& segment : request->segments) {
    prompt.segments.push_back(
        tokenize_segment(segment, request->options, *prompt.reader, tokenizer));
  }
  prompt.request = std::move(request);
  return prompt;
}

}  // namespace pith

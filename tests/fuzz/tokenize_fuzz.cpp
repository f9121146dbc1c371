// Any bytes through everything that reads a prompt's text before scoring, and through the rank file
// reader.
#include <cstdlib>

#include "stages/tokenize/sentencepiece_tokenizer.h"
#include "stages/tokenize/token_counter.h"
#include "stages/tokenize/token_ranks.h"
#include "stages/tokenize/tokenize_stage.h"
#include "stages/tokenize/word.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
T loaded(pith::Result<T> result) {
  require(static_cast<bool>(result));
  return *std::move(result);
}

void check_counter(const pith::TokenCounter& counter, std::string_view text) {
  const auto ends = counter.token_ends(text);
  const auto ids = counter.encode(text);
  require(ends.size() == ids.size() && ends.size() == counter.count(text));
  std::uint32_t at = 0;
  for (const std::uint32_t end : ends) {
    require(end > at);
    at = end;
  }
  require(at == text.size());
}

void check_segment(const pith::TokenizedSegment& segment, std::string_view text) {
  require(segment.pieces.size() == segment.word_of_piece.size());
  std::uint32_t at = 0;
  for (const pith::Word& word : segment.words) {
    require(word.begin >= at && word.begin < word.text_end && word.text_end <= word.end);
    at = word.end;
  }
  require(at <= text.size());
  std::uint32_t piece_at = 0;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < segment.pieces.size(); ++i) {
    const pith::ByteSpan span = segment.pieces[i].span;
    require(span.begin >= piece_at && span.begin <= span.end && span.end <= text.size());
    require(segment.word_of_piece[i] >= word && segment.word_of_piece[i] < segment.words.size());
    piece_at = span.end;
    word = segment.word_of_piece[i];
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto cl100k = loaded(pith::load_token_counter("cl100k_base", PITH_MODELS));
  static const auto o200k = loaded(pith::load_token_counter("o200k_base", PITH_MODELS));
  static const auto tokenizer =
      loaded(pith::SentencePieceTokenizer::load(PITH_TEST_DATA "/tokenize/unigram_rules.model"));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with("PRNK")) {
    require(!pith::TokenRanks::parse(text, "fuzz") || size > 256);
    return 0;
  }
  check_counter(*cl100k, text);
  check_counter(*o200k, text);
  pith::split_words(text, {0, static_cast<std::uint32_t>(size)});
  tokenizer->encode(text);
  auto request = std::make_shared<pith::CompressRequest>();
  request->segments.push_back({std::string(text), pith::SegmentKind::kToolResult, ""});
  const pith::TokenizeStage stage(PITH_MODELS);
  check_segment(loaded(stage(request, *tokenizer)).segments[0], request->segments[0].text);
  return 0;
}

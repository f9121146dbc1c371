#include "tests/stages/select/prompt.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "stages/tokenize/escaped_words.h"

namespace pith::testing {

const TokenCounter& o200k() {
  static const auto counter = load_token_counter("o200k_base", PITH_MODELS);
  return **counter;
}

TokenizedSegment make_segment(std::string_view text, SegmentKind kind,
                              const CompressOptions& options, const TokenCounter& reader) {
  TokenizedSegment segment;
  segment.structure = find_structure(text, kind, options);
  for (const Region& region : segment.structure.regions) {
    if (region.kind != RegionKind::kProse) continue;
    std::vector<Word> words = split_words(segment.structure.seen(text), region.span);
    join_at_escapes(segment.structure.escapes, words);
    segment.words.insert(segment.words.end(), words.begin(), words.end());
  }
  segment.origin_tokens = reader.count(text);
  return segment;
}

std::vector<float> made_up_probs(std::string_view text, const TokenizedSegment& segment,
                                 std::uint32_t seed) {
  std::vector<float> probs;
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (const Word& word : segment.words) {
    const std::string_view bytes = text.substr(word.begin, word.text_end - word.begin);
    for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 16777619U;
    const float noise = static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U);
    probs.push_back(std::min(1.0F, 0.03F * static_cast<float>(bytes.size()) + 0.6F * noise));
  }
  return probs;
}

Compressed compress(std::string_view text, const CompressOptions& options, SegmentKind kind,
                    std::uint32_t seed) {
  const TokenizedSegment segment = make_segment(text, kind, options);
  SegmentReply reply =
      select_words(text, kind, segment, made_up_probs(text, segment, seed), o200k(), options);
  std::string out = apply_spans(text, reply.kept, reply.markers);
  return {std::move(reply), std::move(out)};
}

CompressOptions all_that_may_go() {
  CompressOptions options;
  options.threshold = 1.0F;
  return options;
}

CompressOptions at_rate(float rate) {
  CompressOptions options;
  options.target_rate = rate;
  return options;
}

std::vector<std::pair<std::string, std::string>> sample_files() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : std::filesystem::directory_iterator(PITH_TEST_DATA "/select")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files.emplace_back(entry.path().stem().string(),
                       std::string(std::istreambuf_iterator<char>(in), {}));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace pith::testing

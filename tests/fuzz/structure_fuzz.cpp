// find_structure, split_words and select_words on any bytes: spans are sound, nothing is read out
// of bounds, and what is reported is what goes out. The first four bytes choose kind, dial and
// classes.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "stages/select/select_stage.h"
#include "stages/tokenize/escaped_words.h"

namespace {

// Counts blank-separated runs: the real readers are slow to load, and any counter must do.
class RunCounter final : public pith::TokenCounter {
 public:
  std::string_view name() const override { return "runs"; }
  std::uint32_t count(std::string_view text) const override {
    return static_cast<std::uint32_t>(token_ends(text).size());
  }
  std::vector<std::uint32_t> encode(std::string_view text) const override {
    return token_ends(text);
  }
  std::vector<std::uint32_t> token_ends(std::string_view text) const override {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool last = i + 1 == text.size();
      if (last || (is_blank(text[i + 1]) && !is_blank(text[i]))) {
        ends.push_back(static_cast<std::uint32_t>(i + 1));
      }
    }
    return ends;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t'; }
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pith;
  if (size < 4) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);
  const auto kind = static_cast<SegmentKind>(1 + data[0] % 6);
  CompressOptions options;
  options.target_rate = 0.01F + static_cast<float>(data[1]) / 260.0F;
  options.repeat_markers = (data[2] & 1U) != 0;
  if ((data[2] & 2U) != 0) options.protect = data[3];
  if ((data[2] & 4U) != 0) options.force_tokens = {"a", "\n"};

  TokenizedSegment segment;
  segment.structure = find_structure(text, kind, options);
  const Structure& structure = segment.structure;
  std::uint32_t at = 0;
  for (const Region& region : structure.regions) {
    require(region.span.begin == at && region.span.end > at);
    at = region.span.end;
    if (region.kind != RegionKind::kProse) continue;
    std::vector<Word> words = split_words(structure.seen(text), region.span);
    join_at_escapes(structure.escapes, words);
    segment.words.insert(segment.words.end(), words.begin(), words.end());
  }
  require(at == text.size());
  require(structure.seen(text).size() == text.size());
  require(spans_valid(structure.cuts, text.size()) && spans_on_characters(text, structure.cuts));

  const RunCounter reader;
  segment.origin_tokens = reader.count(text);
  std::vector<float> keep_prob;
  for (const Word& word : segment.words) {
    keep_prob.push_back(static_cast<float>((word.begin * 2654435761U) >> 16U & 0xFFU) / 256.0F);
  }
  const SegmentReply reply = select_words(text, kind, segment, keep_prob, reader, options);
  require(spans_valid(reply.kept, text.size()));
  // The whole of a text that is no UTF-8 may begin inside a character; a cut in it may not.
  const bool whole =
      reply.kept.size() == 1 && reply.kept[0].end - reply.kept[0].begin == text.size();
  require(whole || spans_on_characters(text, reply.kept));
  require(reply.compressed_tokens <= reply.origin_tokens);
  require(text.empty() || !reply.kept.empty());
  require(reply.compressed_tokens == reader.count(apply_spans(text, reply.kept, reply.markers)));
  return 0;
}

#include "stages/score/ngram_format.h"

#include <algorithm>
#include <cmath>

namespace pith::ngram {
namespace {

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kSectionAlign - 1) / kSectionAlign * kSectionAlign;
}

}  // namespace

std::uint8_t quantise_surprisal(double nats) {
  return to_byte(std::clamp(nats, 0.0, 1000.0) / kSurprisalStep);
}

std::uint8_t quantise_backoff(double nats) {
  return to_byte((std::clamp(nats, -1000.0, 1000.0) - kBackoffMin) / kBackoffStep);
}

Layout layout_of(const Header& header, std::uint64_t header_bytes) {
  Layout layout;
  std::uint64_t offset = header_bytes;
  const auto add = [&](Section::Kind kind, int level, std::uint64_t bytes) {
    offset = aligned(offset);
    layout.sections[layout.num_sections++] = {kind, level, offset, bytes};
    offset += bytes;
  };
  add(Section::Kind::kSentencepiece, 0, header.sentencepiece_bytes);
  for (int level = 0; level < header.order; ++level) {
    const std::uint64_t num_ngrams = header.num_ngrams[static_cast<std::size_t>(level)];
    const std::uint64_t num_contexts = header.num_contexts[static_cast<std::size_t>(level)];
    if (level > 0) add(Section::Kind::kWords, level, 2 * num_ngrams);
    add(Section::Kind::kSurprisal, level, num_ngrams);
    if (level + 1 == header.order) break;
    add(Section::Kind::kContextBits, level, (num_ngrams + 63) / 64 * 8);
    add(Section::Kind::kBackoff, level, num_contexts);
    add(Section::Kind::kChildren, level, 4 * (num_contexts + 1));
  }
  layout.file_bytes = offset + kTrailerBytes;
  return layout;
}

std::string to_text(const Header& header) {
  std::string text = kMagic;
  const auto line = [&text](std::string_view key, const std::string& value) {
    text.append(key).append(" ").append(value).append("\n");
  };
  const auto list = [&header](const std::array<std::uint64_t, kOrderMax>& counts) {
    std::string values;
    for (int level = 0; level < header.order; ++level) {
      if (level > 0) values += ' ';
      values += std::to_string(counts[static_cast<std::size_t>(level)]);
    }
    return values;
  };
  line("name", header.name);
  line("order", std::to_string(header.order));
  line("vocab_size", std::to_string(header.vocab_size));
  line("smoothing", header.smoothing);
  line("word_surprisal", header.word_surprisal);
  line("num_ngrams", list(header.num_ngrams));
  line("num_contexts", list(header.num_contexts));
  line("sentencepiece_bytes", std::to_string(header.sentencepiece_bytes));
  return text + "end\n";
}

}  // namespace pith::ngram

#include "stages/score/ngram_model.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "stages/model_files/mapped_file.h"
#include "stages/score/ngram_header.h"

namespace pith {
namespace {

using ngram::Section;

/// Unaligned little-endian loads; the compiler makes one move of each.
template <class T>
T load(std::span<const std::uint8_t> bytes, std::size_t index) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

Error wrong(int level, std::string_view field, std::string_view why) {
  return {ErrorCode::kFileUnreadable,
          std::string(field) + "." + std::to_string(level + 1) + ": " + std::string(why)};
}

}  // namespace

Result<NgramModel> NgramModel::parse(std::span<const std::uint8_t> file,
                                     std::string_view file_name) {
  const auto in_file = [&](const Error& error) {
    return Error{error.code, std::string(file_name) + ": " + error.detail};
  };
  Result<ngram::ParsedHeader> parsed = ngram::parse_header(file);
  if (!parsed) return in_file(parsed.error());

  const ngram::Layout layout = ngram::layout_of(parsed->header, parsed->header_bytes);
  if (layout.file_bytes != file.size()) {
    return in_file({ErrorCode::kFileUnreadable, "file size: bytes=" + std::to_string(file.size()) +
                                                    " but the header's counts need " +
                                                    std::to_string(layout.file_bytes)});
  }
  NgramModel model;
  model.header_ = std::move(parsed->header);
  model.order_ = static_cast<std::size_t>(model.header_.order);
  for (std::size_t i = 0; i < layout.num_sections; ++i) {
    const Section& section = layout.sections[i];
    const auto bytes = file.subspan(section.offset, section.bytes);
    Level& level = model.levels_[static_cast<std::size_t>(section.level)];
    switch (section.kind) {
      case Section::Kind::kSentencepiece:
        model.sentencepiece_ = bytes;
        break;
      case Section::Kind::kWords:
        level.words = bytes;
        break;
      case Section::Kind::kSurprisal:
        level.surprisal = bytes;
        break;
      case Section::Kind::kContextBits:
        level.context_bits = bytes;
        break;
      case Section::Kind::kBackoff:
        level.backoff = bytes;
        break;
      case Section::Kind::kChildren:
        level.children = bytes;
        break;
    }
  }
  for (std::size_t k = 0; k < model.order_; ++k) {
    Level& level = model.levels_[k];
    level.num_ngrams = static_cast<std::uint32_t>(model.header_.num_ngrams[k]);
    std::uint32_t seen = 0;
    level.contexts_before.reserve(level.context_bits.size() / 8);
    for (std::size_t i = 0; i < level.context_bits.size() / 8; ++i) {
      level.contexts_before.push_back(seen);
      seen += static_cast<std::uint32_t>(std::popcount(load<std::uint64_t>(level.context_bits, i)));
    }
  }
  if (const Result<Done> checked = model.check_levels(); !checked) return in_file(checked.error());
  return model;
}

Result<Done> NgramModel::check_levels() const {
  for (std::size_t k = 0; k + 1 < order_; ++k) {
    const Level& level = levels_[k];
    const Level& above = levels_[k + 1];
    const int number = static_cast<int>(k);
    const std::size_t num_contexts = level.backoff.size();
    const std::size_t num_blocks = level.contexts_before.size();
    std::size_t bits_set = 0;
    if (num_blocks > 0) {
      const auto last = load<std::uint64_t>(level.context_bits, num_blocks - 1);
      bits_set = level.contexts_before.back() + static_cast<std::size_t>(std::popcount(last));
      if (level.num_ngrams % 64 != 0 && (last >> (level.num_ngrams % 64)) != 0) {
        return wrong(number, "context_bits", "bits set past the last n-gram");
      }
    }
    if (bits_set != num_contexts) return wrong(number, "context_bits", "not num_contexts bits set");
    if (load<std::uint32_t>(level.children, 0) != 0 ||
        load<std::uint32_t>(level.children, num_contexts) != above.num_ngrams) {
      return wrong(number, "children", "do not begin at 0 and end at the next level's num_ngrams");
    }
    for (std::size_t context = 0; context < num_contexts; ++context) {
      const auto begin = load<std::uint32_t>(level.children, context);
      const auto end = load<std::uint32_t>(level.children, context + 1);
      if (begin >= end || end > above.num_ngrams) {
        return wrong(number, "children", "empty or descending range");
      }
      std::uint32_t words_before =
          0;  // One more than the last word, so that word 0 may come first.
      for (std::uint32_t i = begin; i < end; ++i) {
        const std::uint32_t word = load<std::uint16_t>(above.words, i);
        if (word + 1 <= words_before || word >= header_.vocab_size) {
          return wrong(number + 1, "words", "not ascending, or outside the vocabulary");
        }
        words_before = word + 1;
      }
    }
  }
  return Done{};
}

std::uint32_t NgramModel::context_index(const Level& level, std::uint32_t node) const {
  const std::uint32_t block = node / 64;
  const auto bits = load<std::uint64_t>(level.context_bits, block);
  const std::uint32_t bit = node % 64;
  if (((bits >> bit) & 1) == 0) return kNone;
  const std::uint64_t below = bits & ((std::uint64_t{1} << bit) - 1);
  return level.contexts_before[block] + static_cast<std::uint32_t>(std::popcount(below));
}

std::uint32_t NgramModel::find_child(std::size_t level, std::uint32_t context,
                                     std::uint32_t piece) const {
  const std::span<const std::uint8_t> children = levels_[level - 1].children;
  const std::span<const std::uint8_t> words = levels_[level].words;
  std::uint32_t begin = load<std::uint32_t>(children, context);
  std::uint32_t length = load<std::uint32_t>(children, context + 1) - begin;
  while (length >
         1) {  // Without a branch on the comparison: it would be mispredicted half the time.
    const std::uint32_t half = length / 2;
    begin = load<std::uint16_t>(words, begin + half) <= piece ? begin + half : begin;
    length -= half;
  }
  return load<std::uint16_t>(words, begin) == piece ? begin : kNone;
}

float NgramModel::advance(State& state, std::uint32_t piece) const {
  if (piece >= header_.vocab_size) {
    state.length = 0;
    return ngram::surprisal_of(255);
  }
  State next;
  next.node[0] = piece;
  next.length = 1;
  float surprisal = ngram::surprisal_of(levels_[0].surprisal[piece]);
  const int contexts = std::min(state.length, static_cast<int>(order_) - 1);
  for (int k = 0; k < contexts; ++k) {
    const auto at = static_cast<std::size_t>(k);
    const Level& level = levels_[at];
    // The context's n-gram may have been pruned while a longer one lives: then node is kNone.
    const std::uint32_t context =
        state.node[at] == kNone ? kNone : context_index(level, state.node[at]);
    next.node[at + 1] = kNone;
    if (context == kNone) continue;
    const std::uint32_t child = find_child(at + 1, context, piece);
    if (child == kNone) {
      surprisal += ngram::backoff_of(level.backoff[context]);
    } else {
      surprisal = ngram::surprisal_of(levels_[at + 1].surprisal[child]);
      next.node[at + 1] = child;
    }
  }
  next.length = std::min(contexts + 1, static_cast<int>(order_) - 1);
  state = next;
  return std::max(surprisal, 0.0F);
}

bool has_valid_checksum(std::span<const std::uint8_t> file) {
  if (file.size() < ngram::kTrailerBytes) return false;
  const auto covered = file.first(file.size() - ngram::kTrailerBytes);
  const std::string digest = sha256_hex(covered);
  return std::memcmp(digest.data(), file.data() + covered.size(), ngram::kTrailerBytes) == 0;
}

}  // namespace pith

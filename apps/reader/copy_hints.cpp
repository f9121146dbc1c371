#include "apps/reader/copy_hints.h"

#include <algorithm>
#include <array>

namespace pith {
namespace {

/// Low enough for any softmax, and still a number.
constexpr float kNever = -1e30F;

bool is_piece(const SummaryPieces& pieces, std::int32_t id) {
  return id >= SummaryPieces::kFirstPiece && id < pieces.num_pieces();
}

/// Adds what follows `tail` somewhere in `ids`, each id once.
void add_followers(std::span<const std::int32_t> ids, std::span<const std::int32_t> tail,
                   CopyReason reason, std::vector<CopyHint>& hints) {
  const std::size_t first = hints.size();
  for (std::size_t at = tail.size(); at < ids.size(); ++at) {
    if (!std::equal(tail.begin(), tail.end(),
                    ids.begin() + static_cast<std::ptrdiff_t>(at - tail.size()))) {
      continue;
    }
    const auto known = std::span(hints).subspan(first);
    if (std::ranges::find(known, ids[at], &CopyHint::id) == known.end()) {
      hints.push_back({ids[at], reason});
    }
  }
}

}  // namespace

CopyHints::CopyHints(const SummaryPieces& pieces, std::span<const std::int32_t> text)
    : text_(text) {
  std::vector<std::int32_t> ids;
  for (const std::int32_t id : text) {
    if (is_piece(pieces, id)) ids.push_back(id);
  }
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::int32_t id : ids) of_text_.push_back({id, CopyReason::kInText});
  std::vector<std::int32_t> words;
  for (const std::int32_t id : ids) words.push_back(pieces.word_of(id));
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  for (const std::int32_t word : words) {
    for (const std::int32_t id : pieces.pieces_of(word)) {
      if (!std::ranges::binary_search(ids, id)) of_text_.push_back({id, CopyReason::kWordInText});
    }
  }
}

void CopyHints::next(std::span<const std::int32_t> written, std::vector<CopyHint>& hints) const {
  hints.assign(of_text_.begin(), of_text_.end());
  if (!written.empty()) add_followers(text_, written.last(1), CopyReason::kFollows, hints);
  if (written.size() >= 2) {
    add_followers(text_, written.last(2), CopyReason::kFollowsTwo, hints);
    add_followers(written, written.last(2), CopyReason::kWouldRepeat, hints);
  }
  const std::size_t first = hints.size();
  for (const std::int32_t id : written) {
    const auto known = std::span(hints).subspan(first);
    if (std::ranges::find(known, id, &CopyHint::id) == known.end()) {
      hints.push_back({id, CopyReason::kWritten});
    }
  }
}

void apply_hints(const SummaryPieces& pieces, std::span<const CopyHint> hints,
                 std::span<float> logits) {
  std::array<float, SummaryPieces::kNumGates> gates;
  for (std::int32_t i = 0; i < SummaryPieces::kNumGates; ++i) {
    gates[static_cast<std::size_t>(i)] = logits[static_cast<std::size_t>(pieces.first_gate() + i)];
  }
  std::fill(logits.begin() + pieces.num_pieces(), logits.end(), kNever);
  for (const CopyHint& hint : hints) {
    logits[static_cast<std::size_t>(hint.id)] += gates[static_cast<std::size_t>(hint.reason)];
  }
}

void forbid_repeats(std::span<const std::int32_t> written, std::size_t length,
                    std::span<float> logits) {
  if (length == 0 || written.size() < length) return;
  const auto tail = written.last(length - 1);
  for (std::size_t at = length - 1; at < written.size(); ++at) {
    if (std::ranges::equal(written.subspan(at + 1 - length, length - 1), tail)) {
      logits[static_cast<std::size_t>(written[at])] = kNever;
    }
  }
}

}  // namespace pith

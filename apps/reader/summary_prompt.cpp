#include "apps/reader/summary_prompt.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <unordered_map>

namespace pith {
namespace {

constexpr std::size_t kStretch = 48;
constexpr std::size_t kQueryMax = 48;

/// What two texts may have in common: words of one piece, and pairs of pieces, since rare words are
/// of several.
std::vector<std::uint64_t> likeness_keys(const SummaryPieces& pieces,
                                         std::span<const std::int32_t> ids) {
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto word = static_cast<std::uint64_t>(pieces.word_of(ids[i])) + 1;
    if (pieces.is_content(ids[i])) keys.push_back(word);
    if (i + 1 < ids.size()) {
      keys.push_back(word << 32U | (static_cast<std::uint64_t>(pieces.word_of(ids[i + 1])) + 1));
    }
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

/// How much each stretch has of the query: the sum of log(stretches / stretches with the key).
std::vector<double> likeness(const SummaryPieces& pieces, std::span<const std::int32_t> text,
                             std::span<const std::int32_t> query) {
  const std::vector<std::uint64_t> wanted = likeness_keys(pieces, query);
  const std::size_t number = (text.size() + kStretch - 1) / kStretch;
  std::vector<std::vector<std::uint64_t>> found(number);
  std::unordered_map<std::uint64_t, double> times;
  for (std::size_t stretch = 0; stretch < number; ++stretch) {
    const std::size_t begin = stretch * kStretch;
    const auto keys =
        likeness_keys(pieces, text.subspan(begin, std::min(kStretch, text.size() - begin)));
    std::ranges::set_intersection(keys, wanted, std::back_inserter(found[stretch]));
    for (const std::uint64_t key : found[stretch]) times[key] += 1;
  }
  std::vector<double> scores(number, 0.0);
  for (std::size_t stretch = 0; stretch < number; ++stretch) {
    for (const std::uint64_t key : found[stretch]) {
      scores[stretch] += std::log(static_cast<double>(number) / times[key]);
    }
  }
  return scores;
}

std::vector<PieceSpan> head_and_tail(std::size_t size, std::size_t room) {
  const std::size_t tail = room / 3;
  return {{0, room - tail}, {size - tail, size}};
}

}  // namespace

std::vector<PieceSpan> stretches_to_read(const SummaryPieces& pieces,
                                         std::span<const std::int32_t> text,
                                         std::span<const std::int32_t> query, std::size_t room) {
  if (text.size() <= room) return {{0, text.size()}};
  const std::vector<double> scores = likeness(pieces, text, query);
  if (*std::ranges::max_element(scores) <= 0.0) return head_and_tail(text.size(), room);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<PieceSpan> chosen;
  for (const std::size_t stretch : order) {
    if (room == 0) break;
    const std::size_t begin = stretch * kStretch;
    const std::size_t end = begin + std::min({kStretch, text.size() - begin, room});
    chosen.push_back({begin, end});
    room -= end - begin;
  }
  std::ranges::sort(chosen, {}, &PieceSpan::begin);
  return chosen;
}

SummaryPrompt summary_prompt(const SummaryPieces& pieces, const SummaryQuery& query,
                             std::size_t length_max) {
  std::vector<std::int32_t> asked = pieces.encode(query.query);
  // <s>, the query's end, the separator, and half for the text.
  const std::size_t marks = 3;
  asked.resize(std::min({asked.size(), kQueryMax, (length_max - marks) / 2}));
  SummaryPrompt prompt;
  prompt.ids.push_back(SummaryPieces::kBegin);
  if (!asked.empty()) {
    prompt.ids.insert(prompt.ids.end(), asked.begin(), asked.end());
    prompt.ids.push_back(pieces.query_end());
  }
  prompt.text_begin = prompt.ids.size();
  const std::vector<std::int32_t> text = pieces.encode(query.text);
  for (const PieceSpan& span :
       stretches_to_read(pieces, text, asked, length_max - prompt.text_begin - 1)) {
    prompt.ids.insert(prompt.ids.end(), text.begin() + static_cast<std::ptrdiff_t>(span.begin),
                      text.begin() + static_cast<std::ptrdiff_t>(span.end));
  }
  prompt.text_size = prompt.ids.size() - prompt.text_begin;
  prompt.ids.push_back(pieces.separator());
  return prompt;
}

}  // namespace pith

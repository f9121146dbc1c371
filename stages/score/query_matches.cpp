#include "stages/score/query_matches.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

namespace pith {
namespace {

constexpr std::size_t kQueryWordsMax = 100;
constexpr std::size_t kQueryBytesMax = 8000;
constexpr std::size_t kAround = 12;
constexpr float kTelling = 0.3F;
constexpr float kStemShare = 0.6F;
constexpr float kShortShare = 0.3F;
constexpr std::size_t kShortLetters = 3;

std::uint64_t fingerprint(std::string_view word) {
  Fingerprint print;
  for (const char c : word) print.add(static_cast<unsigned char>(c));
  return print.value();
}

/// Who, what... in English; "how" goes with the word behind it.
std::uint64_t asked(std::span<const WordProfile> query) {
  static const std::array<std::uint64_t, 7> kAsking = {
      fingerprint("who"),   fingerprint("what"), fingerprint("when"), fingerprint("where"),
      fingerprint("which"), fingerprint("why"),  fingerprint("whose")};
  static const std::uint64_t kHow = fingerprint("how");
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (std::ranges::find(kAsking, query[i].inner) != kAsking.end()) return query[i].inner;
    if (query[i].inner == kHow) {
      return i + 1 < query.size() ? kHow * 31 + query[i + 1].inner : kHow;
    }
  }
  return 0;
}

/// A match with one word of the query.
struct Found {
  std::uint8_t kind = 0;
  std::uint32_t query_word = 0;  ///< Equal for equal words and stems.
  float weight = 0.0F;
};

std::uint8_t distance_class(std::size_t distance) {
  constexpr std::size_t kEnds[] = {0, 1, 2, 4, 8, 16, 32};
  std::uint8_t at = 0;
  while (at < 7 && distance > kEnds[at]) ++at;
  return at;
}

std::uint8_t share_class(float share) {
  constexpr float kEnds[] = {0.0F, 0.2F, 0.4F, 0.6F, 0.85F};
  std::uint8_t at = 0;
  while (at < 5 && share > kEnds[at]) ++at;
  return at;
}

std::vector<Found> find(std::span<const WordProfile> query, std::span<const WordProfile> words,
                        const StopCheck& stop) {
  std::unordered_map<std::uint64_t, std::uint32_t> by_word, by_stem;
  for (std::uint32_t i = 0; i < query.size(); ++i) {
    by_word.try_emplace(query[i].inner, i);
    if (query[i].stem != 0) by_stem.try_emplace(query[i].stem, i);
  }
  std::unordered_map<std::uint64_t, std::uint32_t> times;
  std::vector<Found> found(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (stops_at(i, stop)) return found;
    ++times[words[i].inner];
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (stops_at(i, stop)) return found;
    const WordProfile& word = words[i];
    if (const auto at = by_word.find(word.inner); at != by_word.end()) {
      found[i] = {2, at->second, 1.0F};
    } else if (const auto stem = by_stem.find(word.stem); word.stem != 0 && stem != by_stem.end()) {
      found[i] = {1, stem->second, kStemShare};
    } else {
      continue;
    }
    const bool is_short = word.letters_end - word.letters_begin <= kShortLetters;
    found[i].weight *= 2.0F / (1.0F + static_cast<float>(times[word.inner]));
    if (is_short) found[i].weight *= kShortShare;
  }
  return found;
}

/// Sentences end where WordProfile::in_sentence begins anew, and with lines.
std::vector<std::size_t> sentence_begins(std::span<const WordProfile> words) {
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == 0 || words[i].in_sentence == 0 || words[i].line_begin == i) begins.push_back(i);
  }
  begins.push_back(words.size());
  return begins;
}

/// The sum over words of the query of their best match in [begin, end); in the query's order, so
/// that sentences that hold the same hold as much to the last bit, whatever stands around them.
float held(std::span<const Found> found, std::size_t begin, std::size_t end,
           std::array<float, kQueryWordsMax>& best) {
  bool holds = false;
  for (std::size_t i = begin; i < end; ++i) {
    if (found[i].kind == 0) continue;
    if (!holds) best.fill(0.0F);
    holds = true;
    float& weight = best[found[i].query_word];
    weight = std::max(weight, found[i].weight);
  }
  return holds ? std::accumulate(best.begin(), best.end(), 0.0F) : 0.0F;
}

}  // namespace

std::string_view end_of_query(std::string_view query) {
  if (query.size() <= kQueryBytesMax) return query;
  query.remove_prefix(query.size() - kQueryBytesMax);
  const auto goes_on = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
  };
  for (int i = 0; i < 3 && goes_on(query.front()); ++i) query.remove_prefix(1);
  return query;
}

QueryMatches::QueryMatches(std::string_view query, std::span<const WordProfile> words,
                           const StopCheck& stop) {
  query = end_of_query(query);
  const std::vector<Word> cut = split_words(query, {0, static_cast<std::uint32_t>(query.size())});
  if (cut.empty() || words.empty()) return;
  const WordProfiles all = profile_words(query, cut);
  std::span<const WordProfile> asked_for(all.words);
  if (asked_for.size() > kQueryWordsMax) asked_for = asked_for.last(kQueryWordsMax);
  const std::vector<Found> found = find(asked_for, words, stop);
  if (std::ranges::none_of(found, [](const Found& each) { return each.weight >= kTelling; }))
    return;
  asks_ = asked(asked_for);
  matches_.resize(words.size());

  std::unordered_map<std::uint64_t, std::uint8_t> times;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (stops_at(i, stop)) return;
    std::uint8_t& count = times[words[i].inner];
    count = static_cast<std::uint8_t>(std::min(count + 1, 4));
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    matches_[i].kind = found[i].kind;
    if (found[i].kind > 0) matches_[i].rarity = times[words[i].inner];
  }

  constexpr std::size_t kFar = 1U << 20U;
  std::vector<std::size_t> before(words.size(), kFar), behind(words.size(), kFar);
  std::size_t num_telling = 0;
  std::vector<std::size_t> telling_until(words.size() + 1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool telling = found[i].weight >= kTelling;
    if (telling) {
      before[i] = 0;
    } else if (i > 0) {
      before[i] = before[i - 1] + 1;
    }
    telling_until[i] = num_telling;
    if (telling) ++num_telling;
  }
  telling_until[words.size()] = num_telling;
  for (std::size_t i = words.size(); i-- > 0;) {
    if (found[i].weight >= kTelling) {
      behind[i] = 0;
    } else if (i + 1 < words.size()) {
      behind[i] = behind[i + 1] + 1;
    }
    QueryMatch& match = matches_[i];
    match.distance = distance_class(std::min(before[i], behind[i]));
    match.after = before[i] <= behind[i] ? 1 : 0;
    const std::size_t around = telling_until[std::min(i + kAround + 1, words.size())] -
                               telling_until[i - std::min(i, kAround)];
    match.around = static_cast<std::uint8_t>(std::min<std::size_t>(around, 5));
  }

  std::array<float, kQueryWordsMax> best;
  const float whole = held(found, 0, words.size(), best);
  const std::vector<std::size_t> begins = sentence_begins(words);
  std::vector<float> holds;
  for (std::size_t s = 0; s + 1 < begins.size(); ++s) {
    holds.push_back(held(found, begins[s], begins[s + 1], best));
  }
  std::vector<float> ordered = holds;
  std::ranges::sort(ordered, std::greater<>());
  for (std::size_t s = 0; s < holds.size(); ++s) {
    const auto better = std::ranges::lower_bound(ordered, holds[s], std::greater<>());
    const auto rank = static_cast<std::size_t>(better - ordered.begin());
    for (std::size_t i = begins[s]; i < begins[s + 1]; ++i) {
      matches_[i].in_sentence = share_class(holds[s] / whole);
      matches_[i].rank =
          holds[s] <= 0.0F ? 4 : static_cast<std::uint8_t>(std::min<std::size_t>(rank, 3));
    }
  }
}

}  // namespace pith

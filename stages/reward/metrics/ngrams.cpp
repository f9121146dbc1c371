#include "stages/reward/metrics/ngrams.h"

#include <algorithm>
#include <cassert>

namespace pith {

std::vector<std::uint32_t> WordNumbers::operator()(std::span<const std::string> words) {
  std::vector<std::uint32_t> out;
  out.reserve(words.size());
  for (const std::string& word : words) {
    const auto next = static_cast<std::uint32_t>(numbers_.size() + 1);
    out.push_back(numbers_.try_emplace(word, next).first->second);
  }
  return out;
}

NgramCounts count_ngrams(std::span<const std::uint32_t> words, std::size_t length) {
  assert(length >= 1 && length <= kNgramMax);
  NgramCounts counts;
  for (std::size_t begin = 0; begin + length <= words.size(); ++begin) {
    Ngram ngram{};
    std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(begin), length, ngram.begin());
    ++counts[ngram];
  }
  return counts;
}

std::uint64_t common_count(const NgramCounts& a, const NgramCounts& b) {
  std::uint64_t common = 0;
  for (const auto& [ngram, count] : a) {
    const auto other = b.find(ngram);
    if (other != b.end()) common += std::min(count, other->second);
  }
  return common;
}

std::size_t common_subsequence(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (const std::uint32_t word : a) {
    std::size_t diagonal = 0;  // row[i] before this word
    for (std::size_t i = 0; i < b.size(); ++i) {
      const std::size_t above = row[i + 1];
      row[i + 1] = word == b[i] ? diagonal + 1 : std::max(above, row[i]);
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace pith

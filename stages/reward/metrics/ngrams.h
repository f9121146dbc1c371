// Counting n-grams and matching sequences of words, below BLEU and ROUGE.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pith {

/// Numbers for words, so that n-grams compare quickly. Numbers count from 1.
class WordNumbers {
 public:
  std::vector<std::uint32_t> operator()(std::span<const std::string> words);

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

inline constexpr std::size_t kNgramMax = 4;
using Ngram = std::array<std::uint32_t, kNgramMax>;  ///< Filled with 0 behind its words.
using NgramCounts = std::map<Ngram, std::uint32_t>;

/// `length` in [1, kNgramMax].
NgramCounts count_ngrams(std::span<const std::uint32_t> words, std::size_t length);

/// Sum over n-grams of the smaller count.
std::uint64_t common_count(const NgramCounts& a, const NgramCounts& b);

/// Length of the longest common subsequence; time |a| |b|.
std::size_t common_subsequence(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b);

}  // namespace pith

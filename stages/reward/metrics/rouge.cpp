#include "stages/reward/metrics/rouge.h"

#include <algorithm>

#include "stages/reward/metrics/metric_text.h"
#include "stages/reward/metrics/ngrams.h"

namespace pith {
namespace {

/// Harmonic mean of common/candidate and common/reference; 0 when nothing is common.
double f_measure(std::uint64_t common, std::size_t candidate, std::size_t reference) {
  if (common == 0) return 0.0;
  return 2.0 * static_cast<double>(common) / static_cast<double>(candidate + reference);
}

double rouge_n(std::span<const std::uint32_t> candidate, std::span<const std::uint32_t> reference,
               std::size_t n) {
  const auto num_ngrams = [n](std::size_t words) { return words < n ? 0 : words - n + 1; };
  return f_measure(common_count(count_ngrams(candidate, n), count_ngrams(reference, n)),
                   num_ngrams(candidate.size()), num_ngrams(reference.size()));
}

}  // namespace

std::vector<std::string> rouge_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : lower_case(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += c;
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

RougeScore rouge(std::string_view candidate, std::string_view reference) {
  WordNumbers numbers;
  const std::vector<std::uint32_t> c = numbers(rouge_words(candidate));
  const std::vector<std::uint32_t> r = numbers(rouge_words(reference));
  return {rouge_n(c, r, 1), rouge_n(c, r, 2),
          f_measure(common_subsequence(c, r), c.size(), r.size())};
}

}  // namespace pith

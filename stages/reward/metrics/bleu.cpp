#include "stages/reward/metrics/bleu.h"

#include <algorithm>
#include <cmath>

#include "stages/reward/metrics/metric_text.h"

namespace pith {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_stop(char c) { return c == '.' || c == ','; }
/// ASCII's marks that always stand alone: all but ' , - .
bool is_mark(char c) {
  return is_ascii_punctuation(static_cast<unsigned char>(c)) && !is_stop(c) && c != '\'' &&
         c != '-';
}

/// Replaces pairs of neighbouring bytes from left to right, none of them twice.
template <class Wanted>
std::string open_pairs(std::string_view text, std::string_view before, std::string_view between,
                       std::string_view after, Wanted wanted) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && wanted(text[i], text[i + 1])) {
      out.append(before).append(1, text[i]).append(between).append(1, text[i + 1]).append(after);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> bleu_words(std::string_view text) {
  std::string line(text);
  // First of all, as sacrebleu does: a hyphen before a line end at the very end stays.
  while (!line.empty() && is_blank(static_cast<unsigned char>(line.back()))) line.pop_back();
  replace_all(line, "<skipped>", "");
  replace_all(line, "-\n", "");
  replace_all(line, "\n", " ");
  replace_all(line, "&quot;", "\"");
  replace_all(line, "&amp;", "&");
  replace_all(line, "&lt;", "<");
  replace_all(line, "&gt;", ">");
  std::string open = " ";
  for (const char c : line) {
    if (is_mark(c)) {
      open.append({' ', c, ' '});
    } else {
      open += c;
    }
  }
  open += ' ';
  open = open_pairs(open, "", " ", " ", [](char a, char b) { return !is_digit(a) && is_stop(b); });
  open = open_pairs(open, " ", " ", "", [](char a, char b) { return is_stop(a) && !is_digit(b); });
  open = open_pairs(open, "", " ", " ", [](char a, char b) { return is_digit(a) && b == '-'; });
  return split_at_blanks(open);
}

BleuCounts& BleuCounts::operator+=(const BleuCounts& other) {
  for (std::size_t n = 0; n < kNgramMax; ++n) {
    matched[n] += other.matched[n];
    total[n] += other.total[n];
  }
  candidate_words += other.candidate_words;
  reference_words += other.reference_words;
  return *this;
}

BleuCounts bleu_counts(std::string_view candidate, std::span<const std::string> references) {
  WordNumbers numbers;
  const std::vector<std::uint32_t> words = numbers(bleu_words(candidate));
  std::vector<std::vector<std::uint32_t>> others;
  for (const std::string& reference : references) others.push_back(numbers(bleu_words(reference)));

  BleuCounts counts;
  counts.candidate_words = words.size();
  std::size_t nearest = SIZE_MAX;
  for (const auto& other : others) {
    const std::size_t distance =
        std::max(other.size(), words.size()) - std::min(other.size(), words.size());
    if (distance < nearest || (distance == nearest && other.size() < counts.reference_words)) {
      nearest = distance;
      counts.reference_words = other.size();
    }
  }
  for (std::size_t n = 1; n <= kNgramMax; ++n) {
    NgramCounts most;
    for (const auto& other : others) {
      for (const auto& [ngram, count] : count_ngrams(other, n)) {
        std::uint32_t& here = most[ngram];
        here = std::max(here, count);
      }
    }
    counts.matched[n - 1] = common_count(count_ngrams(words, n), most);
    counts.total[n - 1] = words.size() < n ? 0 : words.size() - n + 1;
  }
  return counts;
}

double bleu(const BleuCounts& counts, bool effective_order) {
  if (std::ranges::all_of(counts.matched, [](std::uint64_t n) { return n == 0; })) return 0.0;
  double log_sum = 0.0;
  double halving = 1.0;
  std::size_t num_orders = 0;
  for (; num_orders < kNgramMax && counts.total[num_orders] > 0; ++num_orders) {
    const auto total = static_cast<double>(counts.total[num_orders]);
    const auto matched = static_cast<double>(counts.matched[num_orders]);
    if (matched == 0.0) halving *= 2.0;
    log_sum += std::log(matched == 0.0 ? 1.0 / (halving * total) : matched / total);
  }
  if (!effective_order && num_orders < kNgramMax) return 0.0;
  const auto candidate = static_cast<double>(counts.candidate_words);
  const auto reference = static_cast<double>(counts.reference_words);
  const double brevity = candidate < reference ? std::exp(1.0 - reference / candidate) : 1.0;
  return 100.0 * brevity * std::exp(log_sum / static_cast<double>(num_orders));
}

double sentence_bleu(std::string_view candidate, std::span<const std::string> references) {
  return bleu(bleu_counts(candidate, references), /*effective_order=*/true);
}

}  // namespace pith

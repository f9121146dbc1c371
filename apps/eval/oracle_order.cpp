#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "apps/eval/orders.h"
#include "stages/reward/metrics/survival.h"

namespace pith {
namespace {

using WordSet = std::set<std::string>;

WordSet words_worth_keeping(const std::string& text) {
  std::vector<std::string> words = content_words(text);
  if (words.empty()) words = plain_words(text);
  return {words.begin(), words.end()};
}

/// Words between each word and the nearest that is made of `wanted` alone.
std::vector<std::size_t> distances(std::string_view text, const std::vector<Word>& words,
                                   const WordSet& wanted) {
  constexpr std::size_t kFar = std::numeric_limits<std::size_t>::max() / 2;
  std::vector<std::size_t> out(words.size(), kFar);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto parts = plain_words(text.substr(words[i].begin, words[i].text_end - words[i].begin));
    const bool wanted_word = !parts.empty() && std::ranges::all_of(parts, [&](const auto& part) {
      return wanted.contains(part);
    });
    if (wanted_word) {
      out[i] = 0;
    } else if (i > 0) {
      out[i] = out[i - 1] + 1;
    }
  }
  for (std::size_t i = words.size(); i-- > 1;) out[i - 1] = std::min(out[i - 1], out[i] + 1);
  return out;
}

/// The highest label of what the word overlaps.
std::vector<float> label_order(const TaskRecord& record, const std::vector<Word>& words) {
  std::vector<float> order(words.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    while (at < record.words.size() && record.words[at].end <= words[i].begin) ++at;
    for (std::size_t j = at; j < record.words.size() && record.words[j].begin < words[i].text_end;
         ++j) {
      order[i] = std::max(order[i], 0.4F * static_cast<float>(record.labels[j]) + 0.1F);
    }
  }
  return order;
}

}  // namespace

std::vector<float> oracle_order(const TaskRecord& record, const std::vector<Word>& words) {
  if (!record.labels.empty()) return label_order(record, words);
  WordSet answers;
  for (const std::string& gold : record.golds) answers.merge(words_worth_keeping(gold));
  const auto to_answer = distances(record.text, words, answers);
  const auto to_question = distances(record.text, words, words_worth_keeping(record.question));
  std::vector<float> order(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    order[i] = std::max(1.0F / (1.0F + static_cast<float>(to_answer[i])),
                        0.9F / (1.0F + static_cast<float>(to_question[i])));
  }
  return order;
}

}  // namespace pith

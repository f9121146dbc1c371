#include "apps/train/extract_training.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "apps/train/reader_records.h"
#include "stages/network/counter_random.h"
#include "stages/reward/metrics/rouge.h"

namespace pith {
namespace {

using WordCounts = std::unordered_map<std::string, std::uint32_t>;

/// How often the summary has all of what ROUGE counts in `spelling`.
std::uint32_t times_in(const WordCounts& summary, std::string_view spelling) {
  std::uint32_t times = ~0U;
  for (const std::string& word : rouge_words(spelling)) {
    const auto found = summary.find(word);
    times = std::min(times, found == summary.end() ? 0U : found->second);
  }
  return times;
}

double chance(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

double log_loss(double probability, bool wanted) {
  constexpr double kLeast = 1e-9;
  return -std::log(std::max(kLeast, wanted ? probability : 1.0 - probability));
}

}  // namespace

std::string training_text(const SummaryRecord& record, const ExtractTrainingOptions& options,
                          std::uint64_t step) {
  const std::uint64_t seed = random_bits(options.seed + 1, step);
  if (uniform_number(seed, 1) >= options.deleted_share) return record.text;
  const double share = 1.0 / (1.0 + (options.most_deletion - 1.0) * uniform_number(seed, 2));
  return delete_words(record.text, share, {}, random_bits(seed, 3));
}

ExtractTraining::ExtractTraining(std::size_t num_weights, ExtractTrainingOptions options)
    : options_(options), table_(num_weights, options.weight_decay) {}

std::optional<double> ExtractTraining::learn(const SummaryRecord& record, const WordRarity& rarity,
                                             std::uint64_t step) {
  const std::string source = training_text(record, options_, step);
  const FeatureDropout dropout = {options_.dropout, random_bits(options_.seed + 2, step)};
  const std::vector<std::string> summary = rouge_words(record.summary);
  if (summary.empty()) return std::nullopt;
  WordCounts in_summary;
  for (const std::string& word : summary) ++in_summary[word];

  const ExtractText text = extract_text({source, record.query}, rarity);
  const std::vector<SpanWord>& words = text.text.words;
  rows_.clear();
  gradient_.clear();
  double loss = 0;
  const auto end = [&](FeatureDropout less) {
    end_row(rows_, less);
    return static_cast<double>(score_of(table_.weights(), rows_[rows_.size() - 1]));
  };
  const auto learn_chance = [&](bool wanted, FeatureDropout less) {
    const double probability = chance(end(less));
    gradient_.push_back(probability - (wanted ? 1.0 : 0.0));
    loss += log_loss(probability, wanted);
  };
  std::unordered_map<std::uint64_t, std::uint32_t> said;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (text.words[i].cost == 0) continue;
    const std::string_view spelling =
        std::string_view(source).substr(words[i].begin, words[i].end - words[i].begin);
    const std::uint32_t times = times_in(in_summary, spelling);
    add_word_features(text, rarity, i, rows_.open());
    learn_chance(times > 0, dropout);
    // The text says it once more, and the summary has it at least as often as was said before.
    const std::uint32_t before = said[words[i].lower]++;
    if (before == 0 || times < before) continue;
    add_again_features(words[i], before, rows_.open());
    learn_chance(times > before, {});
  }
  if (gradient_.empty()) return std::nullopt;
  loss /= static_cast<double>(gradient_.size());
  add_summary_length_features(text, rows_.open());
  gradient_.push_back(end({}) - std::log(static_cast<double>(summary.size())));
  for (std::size_t i = 0; i < rows_.size(); ++i) table_.update(rows_[i], gradient_[i]);
  return loss;
}

}  // namespace pith

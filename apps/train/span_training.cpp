#include "apps/train/span_training.h"

#include <algorithm>

#include "stages/network/counter_random.h"

namespace pith {
std::string training_text(const ReaderRecord& record, const SpanTrainingOptions& options,
                          std::uint64_t step) {
  const std::uint64_t seed = random_bits(options.seed + 1, step);
  if (uniform_number(seed, 1) >= options.deleted_share) return record.text;
  const double share = 1.0 / (1.0 + (options.most_deletion - 1.0) * uniform_number(seed, 2));
  std::vector<ByteSpan> always;
  if (record.kind == QuestionKind::kSpan && uniform_number(seed, 3) < options.answer_kept) {
    always = answer_places(record.text, record.answers);
  }
  return delete_words(record.text, share, always, random_bits(seed, 4));
}

SpanTraining::SpanTraining(std::size_t num_weights, SpanTrainingOptions options)
    : options_(options), table_(num_weights, options.weight_decay) {}

bool prepare_reading(const ReaderRecord& record, std::string_view text, const WordRarity& rarity,
                     SpanReading& reading, SpanTargets& targets) {
  reading.question = span_question(record.question, rarity);
  reading.text = match_text(span_words(text), reading.question);
  targets = span_targets(record, text, reading.text.words);
  return !targets.empty();
}

std::optional<double> SpanTraining::learn(const ReaderRecord& record, const WordRarity& rarity,
                                          std::uint64_t step) {
  SpanWeights weights(table_.weights());
  const std::string text = training_text(record, options_, step);
  const FeatureDropout dropout = {options_.dropout, random_bits(options_.seed + 2, step)};
  SpanTargets targets;
  if (!prepare_reading(record, text, rarity, reading_, targets)) return std::nullopt;
  score_edges(weights, dropout, reading_);
  list_spans(reading_);
  const auto wanted = [&](const SpanCandidate& span) { return targets.wants(span); };
  // An answer longer than kSpanWordsMax, or over the end of a sentence.
  if (!targets.no_span && std::ranges::none_of(reading_.all, wanted)) return std::nullopt;
  score_spans(weights, dropout, wanted, reading_);
  const SpanLoss loss = span_loss(reading_, targets, gradient_);
  for (std::size_t i = 0; i < reading_.kept.size(); ++i)
    table_.update(reading_.span[i], gradient_.span[i]);
  for (std::size_t i = 0; i < reading_.text.words.size(); ++i) {
    table_.update(reading_.begin[i], gradient_.begin[i]);
    table_.update(reading_.end[i], gradient_.end[i]);
  }
  for (std::size_t i = 0; i < kSpanWordsMax; ++i)
    table_.update(reading_.length[i], gradient_.length[i]);
  for (std::size_t i = 0; i < kNumNoSpans; ++i)
    table_.update(reading_.no_span[i], gradient_.no_span[i]);
  return loss.spans;
}

}  // namespace pith

#include "apps/train/summary_examples.h"

#include <algorithm>

#include "apps/reader/summary_prompt.h"
#include "apps/train/reader_records.h"
#include "stages/network/counter_random.h"

namespace pith {
namespace {

constexpr double kFewest = 1.0 / 6.0;

std::string text_to_read(const SummaryRecord& record, const SummaryExampleOptions& options,
                         std::uint64_t seed) {
  const double which = uniform_number(seed, 0);
  if (which < options.absent_share) return {};
  if (which >= options.absent_share + options.deleted_share) return record.text;
  const double share = kFewest + (1.0 - kFewest) * uniform_number(seed, 1);
  return delete_words(record.text, share, {}, random_bits(seed, 2));
}

}  // namespace

SummaryExample summary_example(const SummaryPieces& pieces, const SummaryRecord& record,
                               const SummaryExampleOptions& options, std::uint64_t seed) {
  const std::string text = text_to_read(record, options, seed);
  std::vector<std::int32_t> summary = pieces.encode(record.summary);
  if (summary.size() < options.answer_pieces) {
    summary.push_back(SummaryPieces::kEnd);
  } else {
    summary.resize(options.answer_pieces);
  }
  const SummaryPrompt prompt =
      summary_prompt(pieces, {text, record.query}, options.window - options.answer_pieces);

  SummaryExample example;
  example.ids = prompt.ids;
  example.num_summary = summary.size();
  for (std::size_t i = 0; i + 1 < prompt.text_size; ++i) {
    if (uniform_number(random_bits(seed, 3), i) >= options.text_share) continue;
    const std::size_t row = prompt.text_begin + i;
    example.rows.push_back(static_cast<std::uint32_t>(row));
    example.targets.push_back(prompt.ids[row + 1]);
  }
  example.hints.resize(example.rows.size());
  const CopyHints hints(pieces, prompt.text());
  for (std::size_t i = 0; i < summary.size(); ++i) {
    example.rows.push_back(static_cast<std::uint32_t>(prompt.ids.size() - 1 + i));
    example.targets.push_back(summary[i]);
    example.hints.emplace_back();
    if (options.copy) hints.next(std::span(summary).first(i), example.hints.back());
  }
  // The last piece is only a target.
  example.ids.insert(example.ids.end(), summary.begin(), summary.end() - 1);
  return example;
}

}  // namespace pith

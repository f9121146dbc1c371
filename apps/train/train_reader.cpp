#include "apps/train/train_reader.h"

#include <cstdio>
#include <iterator>

#include "apps/reader/span_model.h"
#include "apps/train/adagrad_run.h"
#include "apps/train/text_rarity.h"

namespace pith {
namespace {

/// Everything that decides the result.
std::string description(const ReaderTrainOptions& options, std::size_t num_records) {
  const SpanTrainingOptions& training = options.training;
  char text[512];
  std::snprintf(text, sizeof text,
                "{\"kind\": \"reader\", \"records\": %zu, \"epochs\": %u, \"learning_rate\": %g, "
                "\"weight_bits\": %d, \"unanswerable_bias\": %g, \"dropout\": %g, "
                "\"weight_decay\": %g, \"deleted_share\": %g, \"most_deletion\": %g, "
                "\"answer_kept\": %g, \"seed\": %llu}\n",
                num_records, options.epochs, static_cast<double>(options.learning_rate),
                options.weight_bits, static_cast<double>(options.unanswerable_bias),
                static_cast<double>(training.dropout), static_cast<double>(training.weight_decay),
                training.deleted_share, training.most_deletion, training.answer_kept,
                static_cast<unsigned long long>(training.seed));
  return text;
}

Result<std::vector<ReaderRecord>> read_all(const ReaderTrainOptions& options) {
  std::vector<ReaderRecord> all;
  for (const std::string& path : options.data) {
    auto records = read_reader_records(path, options.filter);
    if (!records) return records.error();
    std::move(records->begin(), records->end(), std::back_inserter(all));
  }
  if (all.empty()) return Error{ErrorCode::kInvalidArgument, "--data holds no questions"};
  return all;
}

}  // namespace

Result<Done> train_reader(const ReaderTrainOptions& options, const Progress& progress) {
  const auto records = read_all(options);
  if (!records) return records.error();
  const AdagradPlan plan = {.folder = options.out,
                            .description = description(options, records->size()),
                            .item = "question",
                            .num_records = records->size(),
                            .epochs = options.epochs,
                            .learning_rate = options.learning_rate,
                            .seed = options.training.seed,
                            .checkpoint_s = options.checkpoint_s,
                            .record_steps = options.record_steps};
  if (const auto opened = open_adagrad_run(plan); !opened) return opened;
  SpanTraining training(std::size_t{1} << static_cast<unsigned>(options.weight_bits),
                        options.training);
  const WordRarity rarity = rarity_of_texts(*records);
  progress(std::to_string(records->size()) + " questions");
  const auto learn = [&](std::size_t record, std::uint64_t step) {
    return training.learn((*records)[record], rarity, step);
  };
  if (const auto done = run_adagrad(plan, training.table(), learn, progress); !done) return done;
  return write_span_model(
      options.out, {std::move(training.table().weights()), rarity, options.unanswerable_bias});
}

}  // namespace pith

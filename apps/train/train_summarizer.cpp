#include "apps/train/train_summarizer.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "apps/reader/decoder_reader.h"
#include "apps/train/batch_order.h"
#include "apps/train/copy_loss.h"
#include "apps/train/planned_rate.h"
#include "apps/train/training_run.h"
#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"
#include "stages/network/counter_random.h"

namespace pith {
namespace {

constexpr const char* kVocabFile = "sentencepiece.bpe.model";

Error wrong(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

Result<Done> check(const SummarizerTrainOptions& options) {
  if (options.num_layers < 1 || options.num_heads < 1 || options.num_kv_heads < 1 ||
      options.intermediate_size < 1 || options.hidden_size < 1 || options.batch < 1) {
    return wrong("sizes must be 1 or more");
  }
  if (options.hidden_size % options.num_heads != 0 ||
      options.hidden_size / options.num_heads % 2 != 0) {
    return wrong("--hidden must be an even number times --heads");
  }
  if (options.num_heads % options.num_kv_heads != 0) {
    return wrong("--heads must be a multiple of --kv-heads");
  }
  if (options.examples.answer_pieces < 1 ||
      options.examples.answer_pieces + 32 > options.examples.window) {
    return wrong("--window leaves no room for a text before --answer-pieces");
  }
  return Done{};
}

DecoderConfig config_of(const SummarizerTrainOptions& options, const SummaryPieces& pieces) {
  DecoderConfig config;
  config.vocab_size = pieces.vocab_size();
  config.hidden_size = options.hidden_size;
  config.num_layers = options.num_layers;
  config.num_heads = options.num_heads;
  config.num_kv_heads = options.num_kv_heads;
  config.head_size = options.hidden_size / options.num_heads;
  config.intermediate_size = options.intermediate_size;
  config.max_positions = static_cast<std::int32_t>(options.examples.window);
  config.tied_head = true;
  config.bos_id = SummaryPieces::kBegin;
  config.stop_ids = {SummaryPieces::kEnd};
  return config;
}

std::string description(const SummarizerTrainOptions& options, std::size_t num_records) {
  const SummaryExampleOptions& examples = options.examples;
  char text[1024];
  std::snprintf(
      text, sizeof text,
      "{\"kind\": \"summarizer\", \"layers\": %d, \"hidden\": %d, \"heads\": %d, \"kv_heads\": %d, "
      "\"ffn\": %d, \"window\": %zu, \"answer_pieces\": %zu, \"deleted_share\": %g, "
      "\"absent_share\": %g, \"text_share\": %g, \"copy\": %s, \"steps\": %llu, \"epochs\": %g, "
      "\"batch\": %u, \"learning_rate\": %g, \"dropout\": %g, \"weight_decay\": %g, "
      "\"warmup\": %g, \"seed\": %llu, \"from\": \"%s\", \"records\": %zu}\n",
      options.num_layers, options.hidden_size, options.num_heads, options.num_kv_heads,
      options.intermediate_size, examples.window, examples.answer_pieces, examples.deleted_share,
      examples.absent_share, examples.text_share, examples.copy ? "true" : "false",
      static_cast<unsigned long long>(options.steps), options.epochs, options.batch,
      static_cast<double>(options.learning_rate), static_cast<double>(options.dropout),
      static_cast<double>(options.weight_decay), options.warmup,
      static_cast<unsigned long long>(options.seed), options.init.empty() ? "random" : "folder",
      num_records);
  return text;
}

TrainingPlan plan_of(const SummarizerTrainOptions& options, std::size_t num_records,
                     std::uint64_t steps_per_epoch) {
  TrainingPlan plan;
  plan.folder = options.out;
  plan.description = description(options, num_records);
  plan.rate = planned_rate(options, steps_per_epoch);
  plan.optimizer.weight_decay = options.weight_decay;
  plan.checkpoint_s = options.checkpoint_s;
  plan.curve_title = "summarizer";
  return plan;
}

Result<std::vector<SummaryRecord>> read_all(const SummarizerTrainOptions& options) {
  std::vector<SummaryRecord> records;
  for (const std::string& path : options.data) {
    auto read = read_summary_records(path, options.leave_out_sources);
    if (!read) return read.error();
    std::move(read->begin(), read->end(), std::back_inserter(records));
  }
  if (records.empty()) return wrong("--data holds no summaries");
  return records;
}

Result<std::vector<float>> initial_parameters(const SummarizerTrainOptions& options,
                                              const ParameterLayout& layout) {
  std::vector<float> parameters(layout.size());
  initialize_parameters(layout, 0.02F, options.seed, parameters);
  if (options.init.empty()) return parameters;
  const auto files = TensorFiles::open_folder(options.init);
  if (!files) return files.error();
  for (const Parameter& parameter : layout.all()) {
    const auto numbers = files->floats(parameter.name, parameter.shape);
    if (!numbers) return numbers.error();
    std::copy(numbers->begin(), numbers->end(),
              parameters.begin() + static_cast<std::ptrdiff_t>(parameter.begin));
  }
  return parameters;
}

/// What DecoderReader::open reads.
Result<Done> write_reader(const SummarizerTrainOptions& options, const TrainableDecoder& decoder,
                          std::span<const float> parameters) {
  const std::string path = options.out + "/config.json";
  if (!(std::ofstream(path, std::ios::binary) << decoder_config_text(decoder.config())).flush()) {
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  std::vector<TensorToWrite> tensors;
  for (const Parameter& parameter : decoder.layout().all()) {
    tensors.push_back({parameter.name, parameter.shape,
                       parameters.subspan(parameter.begin, parameter.size), TensorType::kFloat16});
  }
  if (const auto written =
          write_tensors(options.out + "/model.safetensors", tensors, {{"format", "pt"}});
      !written) {
    return written;
  }
  std::error_code failed;
  std::filesystem::copy_file(options.vocab + "/" + kVocabFile, options.out + "/" + kVocabFile,
                             std::filesystem::copy_options::overwrite_existing, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, options.out + ": " + failed.message()};
  return write_decoder_reader_settings(options.out,
                                       {options.examples.answer_pieces, options.repeat_pieces});
}

/// Makes the batches of a run: records in each epoch's order, as examples drawn for that step.
class Batches {
 public:
  Batches(const SummarizerTrainOptions& options, const SummaryPieces& pieces,
          const TrainableDecoder& decoder, const std::vector<SummaryRecord>& records)
      : options_(options),
        pieces_(pieces),
        decoder_(decoder),
        records_(records),
        order_(records.size(), options.batch, options.seed),
        positions_(options.examples.window) {
    std::iota(positions_.begin(), positions_.end(), 0);
  }

  std::uint64_t steps_per_epoch() const { return order_.steps_per_epoch(); }

  StepBatchOf<DecoderTape> operator()(std::uint64_t step, std::span<const float> parameters) {
    const auto chosen = order_.batch(step);
    examples_.resize(chosen.size());
    tbb::parallel_for(std::size_t{0}, chosen.size(), [&](std::size_t i) {
      examples_[i] = summary_example(pieces_, records_[chosen[i]], options_.examples,
                                     random_bits(options_.seed + 1, step * 65536 + i));
    });
    StepBatchOf<DecoderTape> made;
    made.num_items = chosen.size();
    made.num_targets = 0;
    for (const SummaryExample& example : examples_) {
      made.num_targets += static_cast<double>(example.rows.size());
      made.num_tokens += static_cast<double>(example.ids.size());
    }
    made.work = [this, parameters, step](std::size_t item, DecoderTape& tape,
                                         std::span<float> gradients) {
      return learn(item, step, parameters, tape, gradients);
    };
    return made;
  }

 private:
  double learn(std::size_t item, std::uint64_t step, std::span<const float> parameters,
               DecoderTape& tape, std::span<float> gradients) const {
    thread_local NextTokenMemory memory;
    thread_local AlignedBuffer<float> dhidden;
    const SummaryExample& example = examples_[item];
    const std::size_t length = example.ids.size();
    const auto width = static_cast<std::size_t>(decoder_.config().hidden_size);
    const std::size_t head_size = width * static_cast<std::size_t>(pieces_.vocab_size());
    const float* hidden = decoder_.forward(
        parameters, example.ids, std::span(positions_).first(length), {}, options_.dropout,
        random_bits(options_.seed + 2, step * 65536 + item), tape);
    float* gradient = dhidden.reserve(length * width);
    const double loss =
        copy_loss(pieces_, hidden, length, width, {example.rows, example.targets, {}},
                  example.hints, parameters.subspan(decoder_.head(), head_size), memory, gradient,
                  gradients.subspan(decoder_.head(), head_size));
    decoder_.backward(parameters, gradient, tape, gradients);
    return loss;
  }

  const SummarizerTrainOptions& options_;
  const SummaryPieces& pieces_;
  const TrainableDecoder& decoder_;
  const std::vector<SummaryRecord>& records_;
  BatchOrder order_;
  std::vector<std::int32_t> positions_;
  std::vector<SummaryExample> examples_;  ///< Of this step.
};

}  // namespace

Result<Done> train_summarizer(const SummarizerTrainOptions& options, const Progress& progress) {
  if (const auto checked = check(options); !checked) return checked;
  const auto pieces = SummaryPieces::open(options.vocab);
  if (!pieces) return pieces.error();
  const auto records = read_all(options);
  if (!records) return records.error();
  const TrainableDecoder decoder(config_of(options, **pieces));
  progress(std::to_string(records->size()) + " records, " +
           std::to_string(decoder.layout().size()) + " parameters");
  auto initial = initial_parameters(options, decoder.layout());
  if (!initial) return initial.error();
  Batches batches(options, **pieces, decoder, *records);
  auto run = DecoderTrainingRun::open(decoder.layout(),
                                      plan_of(options, records->size(), batches.steps_per_epoch()),
                                      *std::move(initial));
  if (!run) return run.error();
  if (const auto done = run->run(std::ref(batches), progress); !done) return done;
  return write_reader(options, decoder, run->parameters());
}

}  // namespace pith

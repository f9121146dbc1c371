#include "apps/train/training_run.h"

#include <oneapi/tbb/parallel_for.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "apps/train/learning_curve.h"
#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kFirstMoment = "adamw.first_moment";
constexpr const char* kSecondMoment = "adamw.second_moment";
constexpr const char* kSteps = "run.steps";
constexpr const char* kMemory = "run.memory";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<TensorToWrite> tensors_of_layout(const ParameterLayout& layout,
                                             std::span<const float> parameters, TensorType type) {
  std::vector<TensorToWrite> tensors;
  for (const Parameter& parameter : layout.all()) {
    tensors.push_back({parameter.name, parameter.shape,
                       parameters.subspan(parameter.begin, parameter.size), type});
  }
  return tensors;
}

/// Doubles in floats that hold them to the bit: four numbers below 2^16 each.
std::vector<float> exact_floats(std::span<const double> numbers) {
  std::vector<float> parts;
  for (const double number : numbers) {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    for (unsigned shift = 0; shift < 64; shift += 16) {
      parts.push_back(static_cast<float>(bits >> shift & 0xFFFFU));
    }
  }
  return parts;
}

std::vector<double> exact_doubles(std::span<const float> parts) {
  std::vector<double> numbers(parts.size() / 4);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::uint64_t bits = 0;
    for (unsigned part = 4; part-- > 0;) {
      bits = bits << 16U | static_cast<std::uint64_t>(parts[4 * i + part]);
    }
    numbers[i] = std::bit_cast<double>(bits);
  }
  return numbers;
}

std::string description_path(const std::string& folder) { return folder + "/run.json"; }

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

template <class Tape>
TrainingRunOf<Tape>::TrainingRunOf(const ParameterLayout& layout, TrainingPlan plan,
                                   std::vector<float> initial)
    : layout_(&layout),
      plan_(std::move(plan)),
      parameters_(std::move(initial)),
      optimizer_(layout, plan_.optimizer) {}

template <class Tape>
Result<TrainingRunOf<Tape>> TrainingRunOf<Tape>::open(const ParameterLayout& layout,
                                                      TrainingPlan plan,
                                                      std::vector<float> initial) {
  std::error_code failed;
  std::filesystem::create_directories(plan.folder, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, plan.folder + ": " + failed.message()};
  TrainingRunOf run(layout, std::move(plan), std::move(initial));
  const std::string path = description_path(run.plan_.folder);
  if (std::filesystem::exists(path, failed)) {
    if (file_text(path) != run.plan_.description) {
      return Error{ErrorCode::kInvalidArgument,
                   path + ": this folder holds a run of another configuration"};
    }
  } else if (!(std::ofstream(path, std::ios::binary) << run.plan_.description).flush()) {
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  if (const auto restored = run.restore(); !restored) return restored.error();
  return run;
}

template <class Tape>
Result<Done> TrainingRunOf<Tape>::restore() {
  const std::string path = plan_.folder + "/checkpoint.safetensors";
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return Done{};
  const auto files = TensorFiles::open_file(path);
  if (!files) return files.error();
  for (const Parameter& parameter : layout_->all()) {
    const auto numbers = files->floats(parameter.name, parameter.shape);
    if (!numbers) return numbers.error();
    std::copy(numbers->begin(), numbers->end(),
              parameters_.begin() + static_cast<std::ptrdiff_t>(parameter.begin));
  }
  const std::uint64_t size = parameters_.size();
  const auto first = files->floats(kFirstMoment, std::vector<std::uint64_t>{size});
  if (!first) return first.error();
  const auto second = files->floats(kSecondMoment, std::vector<std::uint64_t>{size});
  if (!second) return second.error();
  // Two numbers below 2^24, which floats hold exactly.
  const auto steps = files->floats(kSteps, std::vector<std::uint64_t>{2});
  if (!steps) return steps.error();
  const auto count =
      static_cast<std::uint64_t>((*steps)[0]) << 20U | static_cast<std::uint64_t>((*steps)[1]);
  optimizer_.restore(count, *first, *second);
  if (plan_.memory != nullptr) {
    const std::uint64_t size_of_memory = 4 * plan_.memory->numbers().size();
    const auto memory = files->floats(kMemory, std::vector<std::uint64_t>{size_of_memory});
    if (!memory) return memory.error();
    plan_.memory->restore(exact_doubles(*memory));
  }
  return Done{};
}

template <class Tape>
Result<Done> TrainingRunOf<Tape>::save() const {
  auto tensors = tensors_of_layout(*layout_, parameters_, TensorType::kFloat32);
  const std::uint64_t size = parameters_.size();
  tensors.push_back({kFirstMoment, {size}, optimizer_.first_moment()});
  tensors.push_back({kSecondMoment, {size}, optimizer_.second_moment()});
  const std::uint64_t count = optimizer_.steps();
  const float steps[] = {static_cast<float>(count >> 20U),
                         static_cast<float>(count & ((1U << 20U) - 1))};
  tensors.push_back({kSteps, {2}, steps});
  std::vector<float> memory;
  if (plan_.memory != nullptr) {
    memory = exact_floats(plan_.memory->numbers());
    tensors.push_back({kMemory, {memory.size()}, memory});
  }
  return write_tensors(plan_.folder + "/checkpoint.safetensors", tensors, {});
}

template <class Tape>
Result<Done> TrainingRunOf<Tape>::run(const MakeBatch& make_batch, const Progress& progress) {
  std::ofstream records(plan_.folder + "/run.jsonl", std::ios::app);
  ShardedGradient<Tape> gradient(parameters_.size());
  const auto start = Clock::now();
  auto saved = start;
  const std::uint64_t first_step = optimizer_.steps();
  const std::uint64_t total = plan_.rate.total_steps;
  double loss = 0;
  double targets = 0;
  double tokens = 0;
  for (std::uint64_t step = first_step; step < total; ++step) {
    const StepBatchOf<Tape> batch = make_batch(step, parameters_);
    if (batch.failed || batch.stop) {
      if (const auto written = save(); !written) return written;
      if (batch.failed) return *batch.failed;
      break;
    }
    loss += gradient.run(batch.num_items, batch.work);
    targets += batch.num_targets;
    tokens += batch.num_tokens;
    const auto scale = static_cast<float>(1.0 / batch.num_targets);
    for (float& number : gradient.gradients()) number *= scale;
    for (const ParameterRange& range : plan_.frozen) {
      const auto still = gradient.gradients().subspan(range.begin, range.size);
      std::fill(still.begin(), still.end(), 0.0F);
    }
    const float rate = plan_.rate.at(step);
    const float norm = optimizer_.step(parameters_, gradient.gradients(), rate);
    const std::uint64_t done = step + 1;
    if (done % plan_.record_steps == 0 || done == total) {
      const double passed = seconds_since(start);
      const double left =
          passed / static_cast<double>(done - first_step) * static_cast<double>(total - done);
      char line[256];
      std::snprintf(line, sizeof line,
                    R"({"step":%llu,"loss":%.5f,"learning_rate":%.6g,"gradient_norm":%.4f,)"
                    R"("tokens_per_s":%.0f,"passed_s":%.1f,"left_s":%.0f)",
                    static_cast<unsigned long long>(done), loss / targets,
                    static_cast<double>(rate), static_cast<double>(norm), tokens / passed, passed,
                    left);
      const std::string words = plan_.memory != nullptr ? plan_.memory->words() : "";
      const std::string more = plan_.memory != nullptr ? plan_.memory->record() : "";
      records << line << more << "}\n" << std::flush;
      std::snprintf(line, sizeof line, "step %llu of %llu  loss %.4f  %.0f tokens/s  %.0f s left",
                    static_cast<unsigned long long>(done), static_cast<unsigned long long>(total),
                    loss / targets, tokens / passed, left);
      progress(line + words);
      loss = targets = 0;
    }
    if (seconds_since(saved) >= plan_.checkpoint_s || done == total) {
      if (const auto written = save(); !written) return written;
      saved = Clock::now();
    }
  }
  return draw_learning_curve(plan_.folder, plan_.curve_title);
}

template class TrainingRunOf<EncoderTape>;
template class TrainingRunOf<DecoderTape>;

Result<Done> read_parameters(const std::string& folder, const TrainableEncoder& encoder,
                             std::span<float> parameters) {
  const auto files = TensorFiles::open_folder(folder);
  if (!files) return files.error();
  for (const Parameter& parameter : encoder.layout().all()) {
    if (parameter.name.starts_with("loss.")) continue;
    const auto numbers = files->floats(parameter.name, parameter.shape);
    if (!numbers) return numbers.error();
    std::copy(numbers->begin(), numbers->end(),
              parameters.begin() + static_cast<std::ptrdiff_t>(parameter.begin));
  }
  return Done{};
}

Result<Done> write_encoder_folder(const std::string& folder, const TrainableEncoder& encoder,
                                  std::span<const float> parameters) {
  const EncoderConfig& config = encoder.config();
  const bool bert = config.kind == EncoderKind::kBert;
  const std::string features =
      config.features_per_piece == 0
          ? ""
          : "  \"pith_features\": \"" + config.features +
                "\",\n  \"pith_features_per_piece\": " + std::to_string(config.features_per_piece) +
                ",\n";
  char text[1024];
  std::snprintf(text, sizeof text,
                "{\n"
                "  \"architectures\": [\"%s\"],\n"
                "  \"model_type\": \"%s\",\n"
                "  \"hidden_act\": \"gelu\",\n"
                "  \"hidden_size\": %d,\n"
                "  \"intermediate_size\": %d,\n"
                "  \"layer_norm_eps\": %g,\n"
                "  \"max_position_embeddings\": %d,\n"
                "  \"num_attention_heads\": %d,\n"
                "  \"num_hidden_layers\": %d,\n"
                "  \"pad_token_id\": %d,\n"
                "%s"
                "  \"position_embedding_type\": \"absolute\",\n"
                "  \"type_vocab_size\": %d,\n"
                "  \"vocab_size\": %d\n"
                "}\n",
                bert ? "BertForTokenClassification" : "XLMRobertaForTokenClassification",
                bert ? "bert" : "xlm-roberta", config.hidden_size, config.intermediate_size,
                static_cast<double>(config.layer_norm_eps), config.max_positions, config.num_heads,
                config.num_layers, config.pad_id, features.c_str(), config.type_vocab_size,
                config.vocab_size);
  const std::string path = folder + "/config.json";
  if (!(std::ofstream(path, std::ios::binary) << text).flush()) {
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  auto tensors = tensors_of_layout(encoder.layout(), parameters, TensorType::kFloat16);
  std::erase_if(tensors, [](const TensorToWrite& each) { return each.name.starts_with("loss."); });
  return write_tensors(folder + "/model.safetensors", tensors, {{"format", "pt"}});
}

}  // namespace pith

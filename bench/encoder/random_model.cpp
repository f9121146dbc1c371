#include "bench/encoder/random_model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <random>
#include <vector>

namespace pith::bench {
namespace {

enum class Fill : std::uint8_t { kNormal, kOnes, kZeros };

struct Tensor {
  std::string name;
  std::vector<std::int64_t> shape;
  Fill fill = Fill::kNormal;

  std::int64_t size() const {
    std::int64_t product = 1;
    for (const std::int64_t dim : shape) product *= dim;
    return product;
  }
};

void add_linear(std::vector<Tensor>& tensors, const std::string& name, std::int64_t in,
                std::int64_t out) {
  tensors.push_back({name + ".weight", {out, in}});
  tensors.push_back({name + ".bias", {out}});
}

void add_layer_norm(std::vector<Tensor>& tensors, const std::string& name, std::int64_t size) {
  tensors.push_back({name + ".weight", {size}, Fill::kOnes});
  tensors.push_back({name + ".bias", {size}, Fill::kZeros});
}

std::vector<Tensor> tensors_of(const EncoderConfig& config) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const std::string root = config.kind == EncoderKind::kBert ? "bert." : "roberta.";
  const std::string embeddings = root + "embeddings.";
  std::vector<Tensor> tensors;
  tensors.push_back({embeddings + "word_embeddings.weight", {config.vocab_size, hidden}});
  tensors.push_back({embeddings + "position_embeddings.weight", {config.max_positions, hidden}});
  tensors.push_back(
      {embeddings + "token_type_embeddings.weight", {config.type_vocab_size, hidden}});
  add_layer_norm(tensors, embeddings + "LayerNorm", hidden);
  for (std::int32_t i = 0; i < config.num_layers; ++i) {
    const std::string layer = root + "encoder.layer." + std::to_string(i) + ".";
    for (const char* part : {"query", "key", "value"}) {
      add_linear(tensors, layer + "attention.self." + part, hidden, hidden);
    }
    add_linear(tensors, layer + "attention.output.dense", hidden, hidden);
    add_layer_norm(tensors, layer + "attention.output.LayerNorm", hidden);
    add_linear(tensors, layer + "intermediate.dense", hidden, inner);
    add_linear(tensors, layer + "output.dense", inner, hidden);
    add_layer_norm(tensors, layer + "output.LayerNorm", hidden);
  }
  add_linear(tensors, "classifier", hidden, config.num_labels);
  return tensors;
}

/// Drawn once and read from changing places: 300 million numbers take a second.
class NormalBlock {
 public:
  NormalBlock() : numbers_(kSize + kShifts) {
    std::normal_distribution<float> normal(0.0F, 0.02F);
    for (float& number : numbers_) number = normal(random_);
  }
  void write(std::ofstream& file, std::int64_t count) {
    for (std::int64_t done = 0; done < count; done += kSize) {
      const auto part = std::min<std::int64_t>(kSize, count - done);
      const std::size_t shift = random_() % kShifts;
      file.write(reinterpret_cast<const char*>(numbers_.data() + shift),
                 part * static_cast<std::streamsize>(sizeof(float)));
    }
  }

 private:
  static constexpr std::int64_t kSize = 1 << 20;
  static constexpr std::int64_t kShifts = 1 << 13;
  std::mt19937_64 random_{1};
  std::vector<float> numbers_;
};

std::string config_json(const EncoderConfig& config) {
  const bool bert = config.kind == EncoderKind::kBert;
  const auto number = [](const char* name, std::int64_t value) {
    return std::string("  \"") + name + "\": " + std::to_string(value) + ",\n";
  };
  return std::string("{\n  \"architectures\": [\"") +
         (bert ? "BertForTokenClassification" : "XLMRobertaForTokenClassification") + "\"],\n" +
         "  \"model_type\": \"" + (bert ? "bert" : "xlm-roberta") + "\",\n" +
         number("vocab_size", config.vocab_size) + number("hidden_size", config.hidden_size) +
         number("num_hidden_layers", config.num_layers) +
         number("num_attention_heads", config.num_heads) +
         number("intermediate_size", config.intermediate_size) +
         number("max_position_embeddings", config.max_positions) +
         number("type_vocab_size", config.type_vocab_size) + number("pad_token_id", config.pad_id) +
         "  \"position_embedding_type\": \"absolute\",\n  \"hidden_act\": \"gelu\",\n" +
         "  \"layer_norm_eps\": " + (bert ? "1e-12" : "1e-05") + "\n}\n";
}

std::string safetensors_header(const std::vector<Tensor>& tensors) {
  std::string header = "{";
  std::int64_t offset = 0;
  for (const Tensor& tensor : tensors) {
    header += (offset == 0 ? "\"" : ",\"") + tensor.name + "\":{\"dtype\":\"F32\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      header += (i == 0 ? "" : ",") + std::to_string(tensor.shape[i]);
    }
    const std::int64_t end = offset + tensor.size() * static_cast<std::int64_t>(sizeof(float));
    header += "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) + "]}";
    offset = end;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

}  // namespace

Result<Done> write_random_model(const std::string& folder, const EncoderConfig& config) {
  std::ofstream(folder + "/config.json") << config_json(config);
  const std::vector<Tensor> tensors = tensors_of(config);
  const std::string header = safetensors_header(tensors);
  const std::string path = folder + "/model.safetensors";
  std::ofstream file(path, std::ios::binary);
  std::array<char, 8> header_bytes{};
  for (std::size_t i = 0; i < header_bytes.size(); ++i) {
    header_bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  }
  file.write(header_bytes.data(), header_bytes.size());
  file << header;
  NormalBlock normal;
  for (const Tensor& tensor : tensors) {
    if (tensor.fill == Fill::kNormal) {
      normal.write(file, tensor.size());
    } else {
      const std::vector<float> same(static_cast<std::size_t>(tensor.size()),
                                    tensor.fill == Fill::kOnes ? 1.0F : 0.0F);
      file.write(reinterpret_cast<const char*>(same.data()),
                 static_cast<std::streamsize>(same.size() * sizeof(float)));
    }
  }
  file.close();
  if (!file) return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  return Done{};
}

}  // namespace pith::bench

#include "stages/network/decoder_config.h"

#include <cstdio>
#include <optional>

#include "stages/model_files/json_field.h"
#include "stages/model_files/mapped_file.h"
#include "stages/network/config_counts.h"

namespace pith {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 20U;
constexpr std::size_t kStopIdsMax = 64;

/// What a field may be. Far beyond any model; what is within must still agree with the tensors.
struct Count {
  const char* key;
  std::int32_t DecoderConfig::*member;
  std::int32_t most;
};

constexpr Count kRequired[] = {
    {"vocab_size", &DecoderConfig::vocab_size, 1 << 24},
    {"hidden_size", &DecoderConfig::hidden_size, 1 << 15},
    {"num_hidden_layers", &DecoderConfig::num_layers, 1 << 10},
    {"num_attention_heads", &DecoderConfig::num_heads, 1 << 10},
    {"intermediate_size", &DecoderConfig::intermediate_size, 1 << 17},
    {"max_position_embeddings", &DecoderConfig::max_positions, 1 << 22},
};

Error fault(const std::string& what) { return {ErrorCode::kFileUnreadable, what}; }

Result<float> number_of(const JsonField& root, const char* key, double above, double below,
                        float otherwise) {
  const auto field = root.find(key);
  if (!field) return otherwise;
  const auto value = field->number();
  if (!value) return value.error();
  const auto narrow = static_cast<float>(*value);
  if (!(narrow > above && narrow < below)) return field->error("out of range");
  return narrow;
}

/// What other graphs than this one would say.
Result<Done> check_graph(const JsonField& root) {
  const auto field = root.at("model_type");
  if (!field) return field.error();
  const auto type = field->string();
  if (!type) return type.error();
  if (*type != "llama") return field->error("not llama");
  const auto activation = root.string("hidden_act", "silu");
  if (!activation) return activation.error();
  if (*activation != "silu") return fault("hidden_act: not silu");
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    const auto flag = root.boolean(key, false);
    if (!flag) return flag.error();
    if (*flag) return fault(std::string(key) + ": biases are not supported");
  }
  if (root.find("quantization_config")) {
    return fault("quantization_config: quantized weights are not supported");
  }
  return Done{};
}

/// "rope_theta", or inside "rope_parameters" as newer files have it; scaled positions are another
/// function.
Result<float> rope_theta_from(const JsonField& root) {
  constexpr float kDefault = 10000.0F;
  constexpr double kMost = 1e12;
  auto theta = number_of(root, "rope_theta", 0.0, kMost, kDefault);
  if (!theta) return theta;
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const auto rope = root.find(key);
    if (!rope) continue;
    if (const auto members = rope->members(); !members) return members.error();
    for (const char* name : {"rope_type", "type"}) {
      const auto type = rope->string(name, "default");
      if (!type) return type.error();
      if (*type != "default") return rope->error("scaled positions are not supported");
    }
    theta = number_of(*rope, "rope_theta", 0.0, kMost, *theta);
    if (!theta) return theta;
  }
  return theta;
}

/// "eos_token_id": a number, or several.
Result<std::vector<std::int32_t>> stop_ids_from(const JsonField& root, std::int32_t vocab_size) {
  std::vector<std::int32_t> ids;
  const auto field = root.find("eos_token_id");
  if (!field) return ids;
  const auto elements = field->elements();
  if (!elements) {
    const auto id = count_from(*field, 0, vocab_size - 1);
    if (!id) return id.error();
    ids.push_back(*id);
    return ids;
  }
  for (const JsonField& element : *elements) {
    const auto id = count_from(element, 0, vocab_size - 1);
    if (!id) return id.error();
    if (ids.size() == kStopIdsMax) return field->error("too many ids");
    ids.push_back(*id);
  }
  return ids;
}

Result<Done> read_heads(const JsonField& root, DecoderConfig& config) {
  const auto kv_heads =
      count_of(root, "num_key_value_heads", 1, config.num_heads, config.num_heads);
  if (!kv_heads) return kv_heads.error();
  config.num_kv_heads = *kv_heads;
  if (config.num_heads % config.num_kv_heads != 0) {
    return fault("num_key_value_heads: does not divide num_attention_heads: num_attention_heads=" +
                 std::to_string(config.num_heads) +
                 " num_key_value_heads=" + std::to_string(config.num_kv_heads));
  }
  if (!root.find("head_dim") && config.hidden_size % config.num_heads != 0) {
    return fault("num_attention_heads: does not divide hidden_size: hidden_size=" +
                 std::to_string(config.hidden_size) +
                 " num_attention_heads=" + std::to_string(config.num_heads));
  }
  const auto head_size =
      count_of(root, "head_dim", 2, 1 << 12, config.hidden_size / config.num_heads);
  if (!head_size) return head_size.error();
  config.head_size = *head_size;
  if (config.head_size < 2 || config.head_size % 2 != 0) {
    return fault("head_dim: not even, as rotary positions need it: head_dim=" +
                 std::to_string(config.head_size));
  }
  return Done{};
}

}  // namespace

Result<DecoderConfig> decoder_config_of(std::span<const std::uint8_t> document) {
  const auto root = JsonField::parse(document);
  if (!root) return root.error();
  if (const auto members = root->members(); !members) return members.error();
  if (const auto graph = check_graph(*root); !graph) return graph.error();
  DecoderConfig config;
  for (const Count& count : kRequired) {
    const auto field = root->at(count.key);
    if (!field) return field.error();
    const auto value = count_from(*field, 1, count.most);
    if (!value) return value.error();
    config.*count.member = *value;
  }
  if (const auto heads = read_heads(*root, config); !heads) return heads.error();
  const auto eps = number_of(*root, "rms_norm_eps", 0.0, 1.0, config.rms_norm_eps);
  if (!eps) return eps.error();
  config.rms_norm_eps = *eps;
  const auto theta = rope_theta_from(*root);
  if (!theta) return theta.error();
  config.rope_theta = *theta;
  const auto tied = root->boolean("tie_word_embeddings", false);
  if (!tied) return tied.error();
  config.tied_head = *tied;
  const auto bos_id = count_of(*root, "bos_token_id", 0, config.vocab_size - 1, -1);
  if (!bos_id) return bos_id.error();
  config.bos_id = *bos_id;
  auto stop_ids = stop_ids_from(*root, config.vocab_size);
  if (!stop_ids) return stop_ids.error();
  config.stop_ids = *std::move(stop_ids);
  return config;
}

Result<DecoderConfig> read_decoder_config(const std::string& folder) {
  const std::string path = folder + "/config.json";
  const auto file = MappedFile::open(path, kFileBytesMax);
  if (!file) return file.error();
  auto config = decoder_config_of(file->bytes());
  if (!config) return Error{config.error().code, path + ": " + config.error().detail};
  return config;
}

std::string decoder_config_text(const DecoderConfig& config) {
  std::string text = "{\n \"architectures\": [\"LlamaForCausalLM\"],\n \"model_type\": \"llama\"";
  const auto field = [&](const std::string& key, const std::string& value) {
    text += ",\n \"" + key + "\": " + value;
  };
  const auto number = [](float value) {
    char digits[32];
    (void)std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(value));
    return std::string(digits);
  };
  for (const Count& count : kRequired) field(count.key, std::to_string(config.*count.member));
  field("num_key_value_heads", std::to_string(config.num_kv_heads));
  field("head_dim", std::to_string(config.head_size));
  field("hidden_act", "\"silu\"");
  field("rms_norm_eps", number(config.rms_norm_eps));
  field("rope_theta", number(config.rope_theta));
  field("rope_scaling", "null");
  field("attention_bias", "false");
  field("mlp_bias", "false");
  field("tie_word_embeddings", config.tied_head ? "true" : "false");
  field("torch_dtype", "\"float32\"");
  field("bos_token_id", config.bos_id < 0 ? "null" : std::to_string(config.bos_id));
  std::string ids;
  for (const std::int32_t id : config.stop_ids)
    ids += (ids.empty() ? "" : ", ") + std::to_string(id);
  field("eos_token_id", ids.empty() ? "null" : config.stop_ids.size() == 1 ? ids : "[" + ids + "]");
  return text + "\n}\n";
}

}  // namespace pith

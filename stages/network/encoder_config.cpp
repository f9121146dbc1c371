#include "stages/network/encoder_config.h"

#include <optional>
#include <string_view>

#include "stages/model_files/json_field.h"
#include "stages/model_files/mapped_file.h"
#include "stages/network/config_counts.h"

namespace pith {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 20U;

/// What a field may be. Far beyond any model; what is within must still agree with the tensors.
struct Count {
  const char* key;
  std::int32_t EncoderConfig::*member;
  std::int32_t least;
  std::int32_t most;
};

constexpr Count kRequired[] = {
    {"vocab_size", &EncoderConfig::vocab_size, 1, 1 << 24},
    {"hidden_size", &EncoderConfig::hidden_size, 1, 1 << 15},
    {"num_hidden_layers", &EncoderConfig::num_layers, 1, 1 << 10},
    {"num_attention_heads", &EncoderConfig::num_heads, 1, 1 << 10},
    {"intermediate_size", &EncoderConfig::intermediate_size, 1, 1 << 17},
    {"max_position_embeddings", &EncoderConfig::max_positions, 1, 1 << 20},
};

Result<EncoderKind> kind_from(const JsonField& root) {
  const auto field = root.at("model_type");
  if (!field) return field.error();
  const auto type = field->string();
  if (!type) return type.error();
  if (*type == "bert") return EncoderKind::kBert;
  // RoBERTa is the same graph with another vocabulary.
  if (*type == "xlm-roberta" || *type == "roberta") return EncoderKind::kXlmRoberta;
  return field->error("not bert, xlm-roberta or roberta");
}

/// What other graphs than this one would say.
Result<Done> check_graph(const JsonField& root) {
  const auto activation = root.string("hidden_act", "gelu");
  if (!activation) return activation.error();
  if (*activation != "gelu") return Error{ErrorCode::kFileUnreadable, "hidden_act: not gelu"};
  const auto positions = root.string("position_embedding_type", "absolute");
  if (!positions) return positions.error();
  if (*positions != "absolute") {
    return Error{ErrorCode::kFileUnreadable, "position_embedding_type: not absolute"};
  }
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    const auto flag = root.boolean(key, false);
    if (!flag) return flag.error();
    if (*flag) return Error{ErrorCode::kFileUnreadable, std::string(key) + ": not an encoder"};
  }
  return Done{};
}

/// "id2label" counts where there is one, as for the model's own code.
Result<std::int32_t> num_labels_from(const JsonField& root) {
  constexpr std::int32_t kMost = 1 << 12;
  const auto names = root.find("id2label");
  if (!names) return count_of(root, "num_labels", 1, kMost, 2);
  const auto members = names->members();
  if (!members) return members.error();
  std::int32_t num_labels = 0;
  for (const JsonMember& member : *members) {
    if (const auto label = member.value.string(); !label) return label.error();
    if (++num_labels > kMost) return names->error("too many labels");
  }
  if (num_labels == 0) return names->error("no label");
  return num_labels;
}

Result<float> layer_norm_eps_from(const JsonField& root) {
  const auto field = root.find("layer_norm_eps");
  if (!field) return 1e-12F;
  const auto value = field->number();
  if (!value) return value.error();
  const auto eps = static_cast<float>(*value);
  if (!(eps > 0.0F && eps < 1.0F)) return field->error("not between 0 and 1");
  return eps;
}

Error whose(const std::string& path, const Error& error) {
  return {error.code, path + ": " + error.detail};
}

}  // namespace

Result<EncoderConfig> encoder_config_of(std::span<const std::uint8_t> document) {
  const auto root = JsonField::parse(document);
  if (!root) return root.error();
  if (const auto members = root->members(); !members) return members.error();
  EncoderConfig config;
  const auto kind = kind_from(*root);
  if (!kind) return kind.error();
  config.kind = *kind;
  for (const Count& count : kRequired) {
    const auto field = root->at(count.key);
    if (!field) return field.error();
    const auto value = count_from(*field, count.least, count.most);
    if (!value) return value.error();
    config.*count.member = *value;
  }
  if (config.hidden_size % config.num_heads != 0) {
    return Error{ErrorCode::kFileUnreadable,
                 "num_attention_heads: does not divide hidden_size: hidden_size=" +
                     std::to_string(config.hidden_size) +
                     " num_attention_heads=" + std::to_string(config.num_heads)};
  }
  const auto type_vocab_size = count_of(*root, "type_vocab_size", 1, 1 << 10, 2);
  if (!type_vocab_size) return type_vocab_size.error();
  config.type_vocab_size = *type_vocab_size;
  const auto pad_id = count_of(*root, "pad_token_id", 0, config.vocab_size - 1,
                               config.kind == EncoderKind::kBert ? 0 : 1);
  if (!pad_id) return pad_id.error();
  config.pad_id = *pad_id;
  if (config.pad_id >= config.vocab_size) {
    return Error{ErrorCode::kFileUnreadable, "vocab_size: no room for the padding's id"};
  }
  if (config.length_max() < 3) {
    return Error{ErrorCode::kFileUnreadable,
                 "max_position_embeddings: no room for a piece between the special tokens"};
  }
  if (const auto features = root->find("pith_features")) {
    const auto name = features->string();
    if (!name) return name.error();
    config.features = *name;
    const auto count = count_of(*root, "pith_features_per_piece", 1, 64, 1);
    if (!count) return count.error();
    config.features_per_piece = *count;
  }
  const auto num_labels = num_labels_from(*root);
  if (!num_labels) return num_labels.error();
  config.num_labels = *num_labels;
  const auto eps = layer_norm_eps_from(*root);
  if (!eps) return eps.error();
  config.layer_norm_eps = *eps;
  if (const auto graph = check_graph(*root); !graph) return graph.error();
  return config;
}

Result<EncoderConfig> read_encoder_config(const std::string& folder) {
  const std::string path = folder + "/config.json";
  const auto file = MappedFile::open(path, kFileBytesMax);
  if (!file) return file.error();
  auto config = encoder_config_of(file->bytes());
  if (!config) return whose(path, config.error());
  return config;
}

}  // namespace pith

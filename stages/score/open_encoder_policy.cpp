#include <filesystem>

#include "stages/model_files/mapped_file.h"
#include "stages/model_files/tensor_files.h"
#include "stages/score/encoder_policy.h"
#include "stages/score/policy_set.h"
#include "stages/score/repeat_features.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {
namespace {

constexpr std::uint64_t kSmallFileBytesMax = std::uint64_t{256} << 20U;

bool exists(const std::string& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

std::string folder_name(const std::string& folder) {
  std::error_code failed;
  auto path = std::filesystem::absolute(folder, failed).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return path.filename().string();
}

/// The files that load_hf_tokenizer reads of `folder`.
std::vector<std::string> tokenizer_files(const std::string& folder) {
  if (exists(folder + "/tokenizer.json")) return {"tokenizer.json"};
  if (exists(folder + "/sentencepiece.bpe.model")) return {"sentencepiece.bpe.model"};
  if (exists(folder + "/tokenizer_config.json")) return {"tokenizer_config.json", "vocab.txt"};
  return {"vocab.txt"};
}

/// As `sha256sum NAME... | sha256sum` in the folder: config.json, the tokenizer's files,
/// words.linear, the weights.
Result<std::string> folder_id(const std::string& folder) {
  std::string listing;
  const auto add = [&](const std::string& name, std::span<const std::uint8_t> bytes) {
    listing += sha256_hex(bytes) + "  " + name + "\n";
  };
  std::vector<std::string> names = tokenizer_files(folder);
  names.insert(names.begin(), "config.json");
  if (exists(folder + "/" + kWordsFile)) names.emplace_back(kWordsFile);
  for (const std::string& name : names) {
    const auto file = MappedFile::open(folder + "/" + name, kSmallFileBytesMax);
    if (!file) return file.error();
    add(name, file->bytes());
  }
  const auto weights = TensorFiles::open_folder(folder);
  if (!weights) return weights.error();
  for (std::size_t i = 0; i < weights->files().size(); ++i) {
    add(std::filesystem::path(weights->paths()[i]).filename().string(),
        weights->files()[i].bytes());
  }
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(listing.data()), listing.size()});
}

Result<std::int32_t> special_id(const HfTokenizer& tokenizer, const std::string& folder,
                                const char* spelling) {
  // The unknown piece's id stands for what there is not, and no special token is unknown.
  const std::int32_t id = tokenizer.id_of(spelling);
  if (id != tokenizer.id_of("\x01")) return id;
  return Error{ErrorCode::kFileUnreadable,
               folder + "/" + tokenizer_files(folder).back() + ": no piece \"" + spelling + "\""};
}

/// Null when it is not there.
std::shared_ptr<const EncoderPolicy> loaded_policy(const PolicyOptions& options,
                                                   const std::string& id, const std::string& name) {
  for (const auto& policy : options.loaded->all()) {
    auto encoder = std::dynamic_pointer_cast<const EncoderPolicy>(policy);
    if (encoder != nullptr && encoder->id() == id && encoder->name() == name &&
        encoder->encoder().precision() == options.precision) {
      return encoder;
    }
  }
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<const EncoderPolicy>> EncoderPolicy::open(const std::string& folder,
                                                                 const PolicyOptions& options) {
  if (options.loaded != nullptr) {
    const auto id = folder_id(folder);
    if (!id) return id.error();
    if (auto policy = loaded_policy(options, *id, folder_name(folder))) return policy;
  }
  auto encoder = Encoder::open(folder, options.precision);
  if (!encoder) return encoder.error();
  const EncoderConfig& config = (*encoder)->config();
  if (config.num_labels != 2) {
    return Error{ErrorCode::kFileUnreadable,
                 folder + "/config.json: id2label: two labels, drop and keep, are needed: labels=" +
                     std::to_string(config.num_labels)};
  }
  if (config.features_per_piece > 0 && !wants_repeat_features(config)) {
    return Error{ErrorCode::kFileUnreadable,
                 folder + "/config.json: pith_features: features that this version does not make"};
  }
  auto tokenizer = load_hf_tokenizer(folder, {});
  if (!tokenizer) return tokenizer.error();
  if ((*tokenizer)->vocab_size() > config.vocab_size) {
    return Error{ErrorCode::kFileUnreadable,
                 folder +
                     "/config.json: vocab_size: fewer than the tokenizer's pieces: vocab_size=" +
                     std::to_string(config.vocab_size) +
                     " pieces=" + std::to_string((*tokenizer)->vocab_size())};
  }
  const bool bert = config.kind == EncoderKind::kBert;
  const auto begin = special_id(**tokenizer, folder, bert ? "[CLS]" : "<s>");
  if (!begin) return begin.error();
  const auto end = special_id(**tokenizer, folder, bert ? "[SEP]" : "</s>");
  if (!end) return end.error();
  auto id = folder_id(folder);
  if (!id) return id.error();
  std::optional<LinearModel> words;
  if (exists(folder + "/" + kWordsFile)) {
    auto read = LinearModel::open(folder + "/" + kWordsFile);
    if (!read) return read.error();
    words = *std::move(read);
  }
  return std::make_shared<const EncoderPolicy>(
      *std::move(encoder), *std::move(tokenizer), ChunkSpecials{*begin, *end}, *std::move(id),
      folder_name(folder), options.memo_bytes, std::move(words));
}

}  // namespace pith

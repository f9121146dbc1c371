#include <filesystem>

#include "stages/model_files/mapped_file.h"
#include "stages/tokenize/hf_tokenizer_fields.h"
#include "stages/tokenize/hf_vocab_files.h"

namespace pith {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{256} << 20U;

Result<AddedToken> added_token_from(const JsonField& field) {
  AddedToken token;
  const auto content_field = field.at("content");
  if (!content_field) return content_field.error();
  const auto content = content_field->string();
  if (!content) return content.error();
  token.content = *content;
  const auto id_field = field.at("id");
  if (!id_field) return id_field.error();
  const auto id = id_field->index();
  if (!id) return id.error();
  token.id = *id;
  using Flag = std::pair<const char*, bool*>;
  for (const auto& [key, flag] :
       {Flag{"single_word", &token.single_word}, Flag{"lstrip", &token.lstrip},
        Flag{"rstrip", &token.rstrip}, Flag{"normalized", &token.normalized}}) {
    const auto value = field.boolean(key, false);
    if (!value) return value.error();
    *flag = *value;
  }
  return token;
}

/// Whether text may be cut in front of a blank between words: not where a step sees what is beside
/// the blank, or treats the beginning of a text differently.
bool blanks_are_neutral(const JsonField& field, int depth = 0) {
  if (depth > kSequenceDepthMax) return false;
  const auto type = field.string("type", "");
  if (type && *type == "Sequence") {
    for (const char* key : {"normalizers", "pretokenizers"}) {
      const auto list = field.find(key);
      if (!list) continue;
      const auto steps = list->elements();
      if (!steps) continue;
      for (const JsonField& step : *steps) {
        if (!blanks_are_neutral(step, depth + 1)) return false;
      }
    }
    return true;
  }
  if (type && *type == "Strip") {
    const auto left = field.boolean("strip_left", true);
    return left && !*left;
  }
  if (type && *type == "Replace") {
    const auto pattern = field.find("pattern");
    const auto plain = pattern ? pattern->string("String", "") : Result<std::string>("");
    return plain && (*plain == " " || plain->find(' ') == std::string_view::npos);
  }
  if (type && *type == "Metaspace") {
    const auto split = field.boolean("split", true);
    return split && *split;
  }
  return true;
}

using Loaded = Result<std::shared_ptr<const HfTokenizer>>;

Error unreadable(const std::string& path, const std::string& what) {
  return {ErrorCode::kFileUnreadable, path + ": " + what};
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

Loaded tokenizer_of(Result<TokenizerParts> parts, const std::string& path,
                    std::span<const std::string> extra_tokens) {
  if (!parts) return unreadable(path, parts.error().detail);
  add_tokens(*parts, extra_tokens);
  return std::make_shared<const HfTokenizer>(*std::move(parts));
}

/// Calls `use(root)` with the file's value.
template <class Use>
auto with_json(const std::string& path, Use use) -> decltype(use(std::declval<JsonField>())) {
  const auto file = MappedFile::open(path, kFileBytesMax);
  if (!file) return file.error();
  const auto root = JsonField::parse(file->bytes());
  if (!root) return unreadable(path, root.error().detail);
  return use(*root);
}

/// What tokenizer_config.json, which may be missing, says of a BERT model.
Result<BertNormalizer::Rules> bert_rules(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return BertNormalizer::Rules{true, true, true, true};
  return with_json(path, [&](const JsonField& root) -> Result<BertNormalizer::Rules> {
    const auto lowercase = root.boolean("do_lower_case", true);
    if (!lowercase) return unreadable(path, lowercase.error().detail);
    const auto strip = root.boolean("strip_accents", *lowercase);
    if (!strip) return unreadable(path, strip.error().detail);
    const auto ideographs = root.boolean("tokenize_chinese_chars", true);
    if (!ideographs) return unreadable(path, ideographs.error().detail);
    return BertNormalizer::Rules{true, *ideographs, *strip, *lowercase};
  });
}

}  // namespace

Result<std::vector<AddedToken>> added_tokens_from(const JsonField& field) {
  std::vector<AddedToken> tokens;
  const auto list = field.elements();
  if (!list) return list.error();
  for (const JsonField& element : *list) {
    auto token = added_token_from(element);
    if (!token) return token.error();
    tokens.push_back(*std::move(token));
  }
  return tokens;
}

Result<TokenizerParts> tokenizer_parts_from(const JsonField& root) {
  TokenizerParts parts;
  parts.cut_at_blanks = true;
  const auto model_field = root.at("model");
  if (!model_field) return model_field.error();
  auto model = piece_model_from(*model_field);
  if (!model) return model.error();
  parts.model = *std::move(model);
  if (const auto field = root.find("normalizer")) {
    auto normalizer = normalizer_from(*field);
    if (!normalizer) return normalizer.error();
    parts.normalizer = *std::move(normalizer);
    if (parts.normalizer->growth() > kGrowthMax) return field->error("makes texts too long");
    parts.cut_at_blanks = blanks_are_neutral(*field);
  }
  if (const auto field = root.find("pre_tokenizer")) {
    auto pre_tokenizer = pre_tokenizer_from(*field);
    if (!pre_tokenizer) return pre_tokenizer.error();
    parts.pre_tokenizer = *std::move(pre_tokenizer);
    parts.cut_at_blanks = parts.cut_at_blanks && blanks_are_neutral(*field);
  } else {
    parts.cut_at_blanks = false;
  }
  if (const auto field = root.find("decoder")) parts.decoder = piece_decoder_from(*field);
  if (const auto field = root.find("added_tokens")) {
    auto tokens = added_tokens_from(*field);
    if (!tokens) return tokens.error();
    const auto pieces = static_cast<std::size_t>(parts.model->vocab_size());
    for (std::size_t place = 0; place < tokens->size(); ++place) {
      if ((*tokens)[place].id > id_max(pieces + tokens->size())) {
        return field->element("", place).error("id: far beyond the number of pieces");
      }
    }
    parts.added_tokens = *std::move(tokens);
  }
  return parts;
}

Result<TokenizerParts> tokenizer_parts_of(std::span<const std::uint8_t> document) {
  const auto root = JsonField::parse(document);
  if (!root) return root.error();
  return tokenizer_parts_from(*root);
}

Loaded load_hf_tokenizer(const std::string& folder, std::span<const std::string> extra_tokens) {
  std::error_code failed;
  const std::string json = folder + "/tokenizer.json";
  const std::string sentencepiece = folder + "/sentencepiece.bpe.model";
  const std::string vocab = folder + "/vocab.txt";
  if (!std::filesystem::exists(json, failed)) {
    if (std::filesystem::exists(sentencepiece, failed)) {
      const auto file = MappedFile::open(sentencepiece, kFileBytesMax);
      if (!file) return file.error();
      return tokenizer_of(parts_of_xlm_r_model(text_of(*file)), sentencepiece, extra_tokens);
    }
    if (std::filesystem::exists(vocab, failed)) {
      const auto rules = bert_rules(folder + "/tokenizer_config.json");
      if (!rules) return rules.error();
      const auto file = MappedFile::open(vocab, kFileBytesMax);
      if (!file) return file.error();
      return tokenizer_of(parts_of_bert_vocab(text_of(*file), *rules), vocab, extra_tokens);
    }
  }
  const auto file = MappedFile::open(json, kFileBytesMax);
  if (!file) return file.error();
  return tokenizer_of(tokenizer_parts_of(file->bytes()), json, extra_tokens);
}

Result<std::shared_ptr<const Tokenizer>> load_hf_tokenizer(const std::string& folder) {
  const Loaded loaded = load_hf_tokenizer(folder, {});
  if (!loaded) return loaded.error();
  return std::shared_ptr<const Tokenizer>(*loaded);
}

}  // namespace pith

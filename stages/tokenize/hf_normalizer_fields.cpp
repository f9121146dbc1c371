#include <charconv>

#include "stages/tokenize/bert_normalizer.h"
#include "stages/tokenize/charsmap.h"
#include "stages/tokenize/hf_tokenizer_fields.h"
#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

using Made = Result<std::unique_ptr<const Normalizer>>;

template <class T, class... Args>
Made made(Args&&... args) {
  return std::unique_ptr<const Normalizer>(std::make_unique<T>(std::forward<Args>(args)...));
}

Made charsmap_from(const JsonField& field) {
  const auto map = field.at("precompiled_charsmap");
  if (!map) return map.error();
  const auto text = map->string();
  if (!text) return text.error();
  const auto blob = base64_decoded(*text);
  if (!blob) return map->error("not base64");
  auto parsed = Charsmap::parse(*blob);
  if (!parsed) return map->error(parsed.error().detail);
  return made<Charsmap>(*std::move(parsed));
}

Made bert_from(const JsonField& field) {
  const auto clean = field.boolean("clean_text", true);
  const auto chinese = field.boolean("handle_chinese_chars", true);
  const auto lowercase = field.boolean("lowercase", true);
  for (const auto* flag : {&clean, &chinese, &lowercase}) {
    if (!*flag) return flag->error();
  }
  const auto strip = field.boolean("strip_accents", *lowercase);
  if (!strip) return strip.error();
  return made<BertNormalizer>(BertNormalizer::Rules{*clean, *chinese, *strip, *lowercase});
}

Made strip_from(const JsonField& field) {
  const auto left = field.boolean("strip_left", true);
  const auto right = field.boolean("strip_right", true);
  if (!left) return left.error();
  if (!right) return right.error();
  return made<StripNormalizer>(*left, *right);
}

/// The expressions that tokenizers are written with: one plain character and "{2,}" or "+".
std::optional<ReplaceNormalizer::Pattern> repeated(std::string_view regex) {
  if (regex.empty()) return std::nullopt;
  const Utf8Char c = utf8_char_at(regex, 0);
  const std::string_view unit = regex.substr(0, c.bytes);
  if (std::string_view(R"(\^$.|?*+()[]{})").find(unit) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view count = regex.substr(c.bytes);
  if (count == "+") return ReplaceNormalizer::Pattern{std::string(unit), 1, true};
  if (count.size() < 4 || count.front() != '{' || !count.ends_with(",}")) return std::nullopt;
  const char* const end = count.data() + count.size() - 2;
  std::size_t least = 0;
  const auto read = std::from_chars(count.data() + 1, end, least);
  if (read.ec != std::errc() || read.ptr != end || least == 0) return std::nullopt;
  return ReplaceNormalizer::Pattern{std::string(unit), least, true};
}

Made replace_from(const JsonField& field) {
  const auto pattern = field.at("pattern");
  if (!pattern) return pattern.error();
  const auto content_field = field.at("content");
  if (!content_field) return content_field.error();
  const auto content = content_field->string();
  if (!content) return content.error();
  const auto plain = pattern->string("String", "");
  if (!plain) return plain.error();
  if (!plain->empty()) {
    return made<ReplaceNormalizer>(ReplaceNormalizer::Pattern{std::string(*plain)},
                                   std::string(*content));
  }
  const auto regex = pattern->string("Regex", "");
  if (!regex) return regex.error();
  auto parsed = repeated(*regex);
  if (!parsed) return pattern->error("this expression is not supported");
  return made<ReplaceNormalizer>(*std::move(parsed), std::string(*content));
}

}  // namespace

Made normalizer_from(const JsonField& field, int depth) {
  const auto type_field = field.at("type");
  if (!type_field) return type_field.error();
  const auto type = type_field->string();
  if (!type) return type.error();
  if (*type == "Precompiled") return charsmap_from(field);
  if (*type == "BertNormalizer") return bert_from(field);
  if (*type == "Strip") return strip_from(field);
  if (*type == "Replace") return replace_from(field);
  if (*type == "Lowercase") {
    return made<BertNormalizer>(BertNormalizer::Rules{false, false, false, true});
  }
  if (*type != "Sequence") return type_field->error("this normalizer is not supported");
  if (depth >= kSequenceDepthMax) return field.error("nested too deep");
  const auto list = field.at("normalizers");
  if (!list) return list.error();
  const auto steps = list->elements();
  if (!steps) return steps.error();
  std::vector<std::unique_ptr<const Normalizer>> out;
  for (const JsonField& step : *steps) {
    auto next = normalizer_from(step, depth + 1);
    if (!next) return next.error();
    if (out.size() == kSequenceStepsMax) return list->error("too many steps");
    out.push_back(*std::move(next));
  }
  return made<NormalizerSequence>(std::move(out));
}

}  // namespace pith

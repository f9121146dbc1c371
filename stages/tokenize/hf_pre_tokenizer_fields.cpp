#include "stages/tokenize/hf_tokenizer_fields.h"

namespace pith {
namespace {

using Made = Result<std::unique_ptr<const PreTokenizer>>;

template <class T, class... Args>
Made made(Args&&... args) {
  return std::unique_ptr<const PreTokenizer>(std::make_unique<T>(std::forward<Args>(args)...));
}

/// Older files say "add_prefix_space" where newer ones have "prepend_scheme".
Made metaspace_from(const JsonField& field) {
  using Prepend = MetaspaceCuts::Prepend;
  const auto mark = field.string("replacement", "\xE2\x96\x81");
  const auto split = field.boolean("split", true);
  const auto prefix = field.boolean("add_prefix_space", true);
  const auto scheme = field.string("prepend_scheme", prefix && !*prefix ? "never" : "always");
  if (!mark) return mark.error();
  if (!split) return split.error();
  if (!prefix) return prefix.error();
  if (!scheme) return scheme.error();
  // As long as one character in UTF-8 can be.
  if (mark->empty() || mark->size() > 4) return field.error("replacement: not one character");
  Prepend prepend = Prepend::kAlways;
  if (*scheme == "first") {
    prepend = Prepend::kFirst;
  } else if (*scheme == "never") {
    prepend = Prepend::kNever;
  } else if (*scheme != "always") {
    return field.error("\"prepend_scheme\" is none of always, first, never");
  }
  return made<MetaspaceCuts>(std::string(*mark), prepend, *split);
}

}  // namespace

Made pre_tokenizer_from(const JsonField& field, int depth) {
  const auto type_field = field.at("type");
  if (!type_field) return type_field.error();
  const auto type = type_field->string();
  if (!type) return type.error();
  if (*type == "WhitespaceSplit") return made<WhiteSpaceCuts>(false);
  if (*type == "BertPreTokenizer") return made<WhiteSpaceCuts>(true);
  if (*type == "Metaspace") return metaspace_from(field);
  if (*type != "Sequence") return type_field->error("this pre-tokenizer is not supported");
  if (depth >= kSequenceDepthMax) return field.error("nested too deep");
  const auto list = field.at("pretokenizers");
  if (!list) return list.error();
  const auto steps = list->elements();
  if (!steps) return steps.error();
  std::vector<std::unique_ptr<const PreTokenizer>> out;
  for (const JsonField& step : *steps) {
    auto next = pre_tokenizer_from(step, depth + 1);
    if (!next) return next.error();
    if (out.size() == kSequenceStepsMax) return list->error("too many steps");
    out.push_back(*std::move(next));
  }
  return made<PreTokenizerSequence>(std::move(out));
}

}  // namespace pith
